"""Sensitivity: real-world-shaped code ranks right, the evidence says why, and nothing breaks it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.analysis.lexicon import groups
from escalation.analysis.sensitivity import (
    SENSITIVE,
    Sensitivity,
    feature_values,
    file_sensitivity,
    plain_sensitivity,
    span_sensitivities,
    span_sensitivity,
    weights_file,
)
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

SENSITIVE_CODE = [
    (
        "python",
        """\
import jwt

def verify_token(token, key):
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return None
    return claims["sub"]
""",
    ),
    (
        "python",
        """\
from flask import request, abort
from functools import wraps

def login_required(view):
    @wraps(view)
    def wrapped(*args):
        if not current_user.is_authenticated:
            abort(401)
        return view(*args)
    return wrapped
""",
    ),
    (
        "python",
        """\
import hmac, hashlib

def check_signature(body, header, secret):
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, header)
""",
    ),
    (
        "python",
        """\
import subprocess

def ping(host):
    return subprocess.check_output("ping -c 1 " + host, shell=True)
""",
    ),
    (
        "python",
        """\
import pickle

def load_state(blob):
    return pickle.loads(blob)
""",
    ),
    (
        "python",
        """\
def change_password(user, old_password, new_password):
    if not user.check_password(old_password):
        raise PermissionDenied
    user.set_password(new_password)
    user.save()
""",
    ),
    (
        "python",
        """\
def set_headers(response):
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "default-src self"
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
""",
    ),
    (
        "python",
        """\
@permission_required("orders.refund")
def refund(request, order_id):
    order = get_order(order_id)
    order.refund()
    return redirect(order)
""",
    ),
    (
        "typescript",
        """\
import jwt from "jsonwebtoken";
export function requireUser(req: Request, res: Response, next: NextFunction) {
  const token = req.headers.authorization?.split(" ")[1];
  try {
    req.user = jwt.verify(token, process.env.JWT_SECRET!);
    next();
  } catch (e) { res.status(401).end(); }
}
""",
    ),
    (
        "typescript",
        """\
import * as bcrypt from "bcrypt";
export class AuthService {
  async validateUser(email: string, password: string) {
    const user = await this.users.findByEmail(email);
    if (user && await bcrypt.compare(password, user.passwordHash)) return user;
    return null;
  }
}
""",
    ),
    (
        "javascript",
        """\
const { exec } = require("child_process");
function convert(file, done) {
  exec("convert " + file + " out.png", done);
}
""",
    ),
    (
        "java",
        """\
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
class Vault {
  byte[] decrypt(byte[] data, byte[] key) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"));
    return cipher.doFinal(data);
  }
}
""",
    ),
    (
        "java",
        """\
import java.io.ObjectInputStream;
class Receiver {
  Object receive(InputStream in) throws Exception {
    return new ObjectInputStream(in).readObject();
  }
}
""",
    ),
    (
        "java",
        """\
import org.springframework.security.access.prepost.PreAuthorize;
class Accounts {
  @PreAuthorize("hasRole('ADMIN')")
  public void close(long id) { repository.delete(id); }
}
""",
    ),
    (
        "go",
        """\
package auth
import (
    "crypto/subtle"
    "net/http"
)
func BasicAuth(next http.Handler, user, password string) http.Handler {
    return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
        u, p, ok := r.BasicAuth()
        if !ok || subtle.ConstantTimeCompare([]byte(p), []byte(password)) != 1 || u != user {
            w.Header().Set("WWW-Authenticate", "Basic")
            http.Error(w, "unauthorized", http.StatusUnauthorized)
            return
        }
        next.ServeHTTP(w, r)
    })
}
""",
    ),
    (
        "go",
        """\
package client
import "crypto/tls"
func New() *http.Client {
    tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
    return &http.Client{Transport: tr}
}
""",
    ),
    (
        "rust",
        """\
use ring::hmac;
fn verify(key: &hmac::Key, message: &[u8], tag: &[u8]) -> Result<(), Unspecified> {
    hmac::verify(key, message, tag)
}
""",
    ),
    (
        "php",
        """\
<?php
function login($pdo, $email, $password) {
  $user = find_user($pdo, $email);
  if ($user && password_verify($password, $user['password_hash'])) {
    session_regenerate_id(true);
    $_SESSION['user_id'] = $user['id'];
    return true;
  }
  return false;
}
""",
    ),
    (
        "csharp",
        """\
using System.Security.Cryptography;
class Hasher {
  public static bool Verify(string password, byte[] salt, byte[] hash) {
    var derived = new Rfc2898DeriveBytes(password, salt, 100000);
    return CryptographicOperations.FixedTimeEquals(derived.GetBytes(32), hash);
  }
}
""",
    ),
    (
        "ruby",
        """\
class SessionsController < ApplicationController
  skip_before_action :authenticate_user!, only: :create
  def create
    user = User.find_by(email: params[:email])
    if user&.authenticate(params[:password])
      reset_session
      session[:user_id] = user.id
    end
  end
end
""",
    ),
    (
        "kotlin",
        """\
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

fun sign(secret: ByteArray, body: ByteArray): ByteArray {
    val mac = Mac.getInstance("HmacSHA256")
    mac.init(SecretKeySpec(secret, "HmacSHA256"))
    return mac.doFinal(body)
}
""",
    ),
    (
        "c",
        """\
#include <openssl/ssl.h>
int connect_tls(int fd) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
  SSL *ssl = SSL_new(ctx);
  SSL_set_fd(ssl, fd);
  return SSL_connect(ssl);
}
""",
    ),
    (
        "sql",
        """\
CREATE ROLE auditor;
GRANT SELECT ON payments TO auditor;
REVOKE ALL ON users FROM PUBLIC;
""",
    ),
    (
        "bash",
        """\
#!/bin/bash
openssl enc -d -aes-256-cbc -in secrets.enc -out "$SECRETS_FILE" -pass env:VAULT_PASSWORD
chmod 600 "$SECRETS_FILE"
""",
    ),
]

OTHER_CODE = [
    (
        "python",
        """\
def next_token(self):
    while self.pos < len(self.text):
        char = self.text[self.pos]
        if char.isspace():
            self.pos += 1
            continue
        if char in OPERATORS:
            return Token(OPERATOR, char)
        return self.read_identifier()
    return Token(EOF, "")
""",
    ),
    (
        "python",
        """\
def group_by(items, key):
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
""",
    ),
    (
        "python",
        """\
def merge(left, right, key=None):
    result = dict(left)
    for k, v in right.items():
        result[k] = v
    return result
""",
    ),
    (
        "python",
        """\
def get_session(self):
    session = Session(bind=self.engine)
    query = session.query(Order).filter(Order.id == self.id)
    return query.first()
""",
    ),
    (
        "python",
        """\
class HashTable:
    def _bucket(self, key):
        return self.buckets[hash(key) % len(self.buckets)]

    def get(self, key, default=None):
        for k, value in self._bucket(key):
            if k == key:
                return value
        return default
""",
    ),
    (
        "python",
        """\
def on_key(self, event):
    if event.key == "enter":
        self.focus_next()
    elif event.key == "escape":
        self.close()
""",
    ),
    (
        "python",
        """\
def author_list(authors):
    return ", ".join(author.name for author in authors)
""",
    ),
    (
        "python",
        """\
def total(order):
    return sum(line.price * line.quantity for line in order.lines)
""",
    ),
    (
        "typescript",
        """\
export function nextToken(lexer: Lexer): Token {
  while (isWhitespace(lexer.peek())) lexer.advance();
  const ch = lexer.peek();
  if (isDigit(ch)) return readNumber(lexer);
  return { kind: TokenKind.Eof, start: lexer.pos };
}
""",
    ),
    (
        "tsx",
        """\
export const Row = ({ item, onSelect }: RowProps) => (
  <li key={item.id} className="row" onClick={() => onSelect(item)}>{item.title}</li>
);
""",
    ),
    (
        "typescript",
        """\
export class LruCache<K, V> {
  private map = new Map<K, V>();
  get(key: K): V | undefined {
    const value = this.map.get(key);
    if (value !== undefined) { this.map.delete(key); this.map.set(key, value); }
    return value;
  }
}
""",
    ),
    (
        "javascript",
        """\
function debounce(fn, wait) {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => fn(...args), wait); };
}
""",
    ),
    (
        "java",
        """\
class Table<K, V> {
  private int index(K key) { return (key.hashCode() & 0x7fffffff) % table.length; }
  V get(K key) {
    for (Entry<K, V> e = table[index(key)]; e != null; e = e.next)
      if (e.key.equals(key)) return e.value;
    return null;
  }
}
""",
    ),
    (
        "java",
        """\
class Orders {
  List<Order> find(Session session, long customer) {
    return session.createQuery("from Order where customer = :c").setParameter("c", customer).list();
  }
}
""",
    ),
    (
        "go",
        """\
package lex
func (l *Lexer) Next() Token {
    for unicode.IsSpace(l.peek()) {
        l.advance()
    }
    if l.eof() {
        return Token{Kind: EOF}
    }
    return l.ident()
}
""",
    ),
    (
        "go",
        """\
package cache
func (c *Cache) Get(key string) (interface{}, bool) {
    c.mu.RLock()
    defer c.mu.RUnlock()
    item, found := c.items[key]
    return item, found
}
""",
    ),
    (
        "rust",
        """\
fn next_token(&mut self) -> Option<Token> {
    self.skip_whitespace();
    match self.chars.next()? {
        c if c.is_digit(10) => Some(self.number(c)),
        c => Some(Token::Punct(c)),
    }
}
""",
    ),
    (
        "php",
        """\
<?php
function pluck($rows, $key) {
  return array_map(fn($row) => $row[$key], $rows);
}
""",
    ),
    (
        "csharp",
        """\
class Grid {
  public Cell this[int row, int column] => cells[row * width + column];
  public void Clear() { Array.Fill(cells, null); }
}
""",
    ),
    (
        "ruby",
        """\
class Post < ApplicationRecord
  has_many :comments
  def summary
    body.split(" ").first(20).join(" ")
  end
end
""",
    ),
    (
        "c",
        """\
unsigned hash(const char *key) {
  unsigned h = 5381;
  while (*key) h = h * 33 + *key++;
  return h % TABLE_SIZE;
}
""",
    ),
    (
        "sql",
        """\
SELECT o.id, sum(l.price) FROM orders o JOIN lines l ON l.order_id = o.id GROUP BY o.id;
""",
    ),
    (
        "bash",
        """\
#!/bin/bash
for f in *.md; do
  wc -w "$f"
done
""",
    ),
]


def tree_of(language: str, text: str) -> SyntaxTree:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return tree


def judged(language: str, text: str, path: str = "app/module") -> Sensitivity:
    return file_sensitivity(tree_of(language, text), path)


def spanned(language: str, text: str) -> Sensitivity:
    """The snippet's last definition by itself: what comes after the imports."""
    after_imports = text.rfind("\n\n", 0, text.find("def ")) + 2 if language == "python" and "\n\n" in text else 0
    tree = tree_of(language, text)
    return span_sensitivity(tree, "app/module", after_imports if after_imports > 1 else 0, len(tree.document.data))


def name_of(snippet: tuple[str, str]) -> str:
    return f"{snippet[0]}: {max(snippet[1].splitlines()[:6], key=len).strip()[:40]}"


@pytest.mark.parametrize("snippet", SENSITIVE_CODE, ids=name_of)
def test_sensitive_code(snippet: tuple[str, str]):
    whole, span = judged(*snippet), spanned(*snippet)
    assert whole.score >= SENSITIVE
    assert span.score >= SENSITIVE
    assert whole.evidence
    assert whole.categories


@pytest.mark.parametrize("snippet", OTHER_CODE, ids=name_of)
def test_other_code(snippet: tuple[str, str]):
    assert judged(*snippet).score < SENSITIVE / 2
    assert spanned(*snippet).score < SENSITIVE / 2


def test_one_function_of_a_file_is_judged_by_itself_and_by_the_imports_it_names():
    source = (
        "import jwt\nimport json\n\n\n"
        "def claims_of(token):\n    return jwt.decode(token, options={'verify_signature': False})\n\n\n"
        "def longest(items, key):\n    return max(items, key=key)\n"
    )
    tree = tree_of("python", source)
    middle = source.index("def longest")
    first = span_sensitivity(tree, "app/users.py", source.index("def claims_of"), middle)
    second = span_sensitivity(tree, "app/users.py", middle, len(source))
    assert first.score >= SENSITIVE > second.score
    assert any(evidence.what == "calls jwt.decode" for evidence in first.evidence)
    assert any(evidence.what == "imports jwt" and evidence.start_line == 1 for evidence in first.evidence)


@pytest.mark.parametrize(
    ("telling", "harmless"),
    [
        ("requests.get(url, verify=False)", "requests.get(url, timeout=9)"),
        ('SECRET_KEY = os.environ["SECRET_KEY"]', 'KEY = os.environ["KEY"]'),
        ('jwt.decode(token, key, algorithms=["none"])', "decode(token, key)"),
        ("if user.is_admin:\n    pass", "if user.is_active:\n    pass"),
        ('eval(request.args["q"])', 'index[request.args["q"]]'),
        ('ALLOWED_HOSTS = ["*"]', 'ALLOWED_SHAPES = ["*"]'),
        ("hashlib.md5(password)", "hash(table_key)"),
    ],
)
def test_a_hunk_of_one_line(telling: str, harmless: str):
    lines = (tree_of("python", telling), tree_of("python", harmless))
    first, second = (span_sensitivity(tree, "app/module.py", 0, len(tree.document.data)) for tree in lines)
    assert first.score > 0.4
    assert second.score < 0.2


def test_many_spans_are_judged_as_one_by_one():
    for language, source in [*SENSITIVE_CODE, *OTHER_CODE]:
        tree = tree_of(language, source)
        size = len(tree.document.data)
        last = source.encode().rstrip().rfind(b"\n") + 1
        spans = [(0, size), (last, size), (size // 2, size // 2), (0, size // 2)]
        each = tuple(span_sensitivity(tree, "a/b", start, end) for start, end in spans)
        assert span_sensitivities(tree, "a/b", spans) == each


def test_evidence_has_words_lines_and_weights():
    source = "import hmac\n\ndef check(body, sent, secret_key):\n    return hmac.compare_digest(body, sent)\n"
    found = judged("python", source, "app/hooks.py")
    assert [(evidence.what, evidence.start_line) for evidence in found.evidence] == [
        ("imports hmac", 1),
        ("calls hmac.compare_digest", 4),
        ("names secret_key", 3),
    ]
    assert all(0 < evidence.weight < 1 for evidence in found.evidence)
    assert all(evidence.path == "app/hooks.py" for evidence in found.evidence)
    assert [evidence.weight for evidence in found.evidence] == sorted(
        (evidence.weight for evidence in found.evidence), reverse=True
    )
    assert found.categories[0] == "cryptography"


@pytest.mark.parametrize(
    ("language", "source", "what"),
    [
        ("python", 'r.headers["Set-Cookie"] = cookie\n', "header Set-Cookie"),
        ("python", "requests.get(url, verify=False)\n", "sets verify=False"),
        ("python", "@login_required\ndef view(request):\n    pass\n", "decorator login_required"),
        ("python", "passwords = []\npasswords.append(passwords)\n", "names passwords (3 times)"),
        ("go", 'package a\nimport "crypto/tls"\n', "imports crypto/tls"),
    ],
)
def test_evidence_in_plain_words(language: str, source: str, what: str):
    assert what in [evidence.what for evidence in judged(language, source).evidence]


def test_the_path_is_evidence():
    source = "def load(name):\n    return name\n"
    plain, telling = judged("python", source, "app/shapes.py"), judged("python", source, "app/security/passwords.py")
    assert telling.score > plain.score
    assert [(evidence.what, evidence.start_line) for evidence in telling.evidence] == [
        ("path names password and security", 1)
    ]


def test_a_dangerous_sink_ranks_above_its_harmless_twin():
    source = "export function show(node: Element, text: string) {\n  node.SINK = text;\n}\n"
    dangerous = judged("typescript", source.replace("SINK", "innerHTML"))
    assert dangerous.score > 2 * judged("typescript", source.replace("SINK", "textContent")).score
    assert [(evidence.what, evidence.start_line) for evidence in dangerous.evidence] == [("names innerHTML", 2)]


def test_lines_count_every_kind_of_line_end():
    found = judged("python", "\r\n\r\nimport jwt\r\n\rjwt.decode(a)\n")
    lines = {evidence.what: evidence.start_line for evidence in found.evidence}
    assert lines["imports jwt"] == 3
    assert lines["calls jwt.decode"] == 5


def test_same_code_same_answer():
    for language, source in [*SENSITIVE_CODE, *OTHER_CODE]:
        assert judged(language, source) == judged(language, source)


def test_text_without_a_grammar_is_judged_by_its_names():
    document = Document.of(
        "server:\n  jwt_secret: x\n  password_hash: bcrypt\n  tls_certificate: a.pem\n", language="yaml"
    )
    assert plain_sensitivity(document, "config/auth.yaml").score >= SENSITIVE
    assert plain_sensitivity(Document.of("theme: dark\n", language="yaml"), "config/ui.yaml").score < SENSITIVE


def test_empty_code():
    found = judged("python", "", "")
    assert found.score < SENSITIVE
    assert found.evidence == found.categories == ()
    assert span_sensitivity(tree_of("python", "import jwt\n"), "a.py", 99, 3).score < SENSITIVE


def test_the_weights_say_what_they_were_made_from():
    shipped = weights_file()
    made = shipped["made"]
    assert made["files"] >= 1700
    assert made["sensitive"] < made["files"]
    assert len(made["packages"]) >= 350
    assert made["date"] >= "2026-11-22"
    for row in made["held_out_by_package"]:
        assert {"language", "auc", "precision", "recall"} <= set(row)
        assert row["auc"] > row["naive_auc"] + 0.1
    assert list(shipped["weights"]) == sorted(shipped["weights"])
    assert json.loads(json.dumps(shipped)) == shipped


def test_the_groups_count_in_their_own_direction():
    for feature, weight in weights_file()["weights"].items():
        source, _, name = feature.partition(":")
        if source != "word":
            group = groups().get(name)
            assert (weight < 0) == (group is not None and group.against), feature


def test_features_are_bounded():
    for language, source in [*SENSITIVE_CODE, *OTHER_CODE]:
        values = feature_values(tree_of(language, source), "security/passwords.py")
        assert all(0 < value <= 1.5 for value in values.values())


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_code_still_has_an_answer(data: st.DataObject):
    language, text = data.draw(st.sampled_from([*SENSITIVE_CODE, *OTHER_CODE]))
    source = bytearray(text.encode())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=6))
    tree = parse(Document("", language, bytes(source)))
    assert tree is not None
    start = data.draw(st.integers(0, len(source)))
    for found in (file_sensitivity(tree, "a/b"), span_sensitivity(tree, "a/b", start, len(source))):
        assert 0 <= found.score <= 1
        for evidence in found.evidence:
            assert 1 <= evidence.start_line <= evidence.end_line <= tree.document.line_count
            assert 0 <= evidence.weight <= 1
