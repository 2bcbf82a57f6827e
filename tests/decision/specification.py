"""The sixteen reasons by example: changes and tasks that must speak for a reason, and similar ones that must not.

Diffs are written as in `notation`. `repository` lists files around the change, where a rule looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from escalation.decision.reasons import Reason


@dataclass(frozen=True)
class Case:
    name: str
    diff: str = ""
    task: str = ""
    files: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    dependents: int = 0
    """How many files of the repository import the first file of the diff."""


@dataclass(frozen=True)
class Examples:
    fires: tuple[Case, ...]
    silent: tuple[Case, ...]
    languages: tuple[str, ...] = field(default=())
    """Suffixes of the code that fires; a reason that code speaks for shows at least two."""


def edited(paths: list[str], lines: int = 1) -> str:
    """A diff that edits each of the files in the same way."""
    suffix = {"md": "text ", "css": "a { top: "}
    parts = []
    for path in paths:
        word = suffix.get(path.rsplit(".", 1)[-1], "value = ")
        old = "".join(f"-{word}{n}\n" for n in range(lines))
        new = "".join(f"+{word}{n + 1000}\n" for n in range(lines))
        parts.append(f"--- {path}\n+++ {path}\n{old}{new}")
    return "".join(parts)


def one(path: str, body: str) -> str:
    """The diff of one file."""
    return f"--- {path}\n+++ {path}\n{body}"


def commented(paths: list[str]) -> str:
    return "".join(f"--- {path}\n+++ {path}\n-# one\n+# two\n value = 1\n" for path in paths)


LADDER_PY = "".join(f"     if a == {n}:\n         if b > {n}:\n             return {n}\n" for n in range(12))
LADDER_JS = "".join(f"   if (a === {n}) {{\n     if (b > {n}) return {n};\n   }}\n" for n in range(12))
SPREAD = [
    f"{folder}/{name}.py" for folder in ("cart", "orders", "users") for name in ("api", "models", "views", "urls")
]

SPECIFICATION: dict[Reason, Examples] = {
    Reason.CRITICAL_SECURITY: Examples(
        fires=(
            Case(
                "a token is no longer verified",
                """
--- shop/auth/tokens.py
+++ shop/auth/tokens.py
 import jwt


 def verify_access_token(token, key):
-    return jwt.decode(token, key, algorithms=["HS256"])
+    return jwt.decode(token, key, options={"verify_signature": False})
""",
            ),
            Case(
                "a master password",
                """
--- auth/password.go
+++ auth/password.go
 package auth

 import "golang.org/x/crypto/bcrypt"

 func CheckPassword(hash, password string) bool {
+    if password == masterPassword {
+        return true
+    }
     return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
 }
""",
            ),
            Case(
                "a view loses its decorator",
                """
--- shop/views.py
+++ shop/views.py
 from django.contrib.auth.decorators import login_required
 from django.shortcuts import render


-@login_required
 def orders(request):
     return render(request, "orders.html", {"orders": request.user.orders.all()})
""",
            ),
            Case(
                "a method loses its annotation",
                """
--- src/main/java/shop/OrderController.java
+++ src/main/java/shop/OrderController.java
 package shop;

 import org.springframework.security.access.prepost.PreAuthorize;

 public class OrderController {
-    @PreAuthorize("hasRole('ADMIN')")
     public void delete(long id) {
         orders.deleteById(id);
     }
 }
""",
            ),
            Case(
                "the check of a signature is deleted",
                """
--- shop/webhooks.py
+++ shop/webhooks.py
 import hmac


-def _check_signature(secret, body, signature):
-    digest = hmac.new(secret, body, "sha256").hexdigest()
-    return hmac.compare_digest(digest, signature)
-
-
 def webhook(request):
-    if not _check_signature(SECRET, request.body, request.headers["X-Signature"]):
-        return 403
     return handle(request.body)
""",
            ),
            Case("a task", task="Add OAuth2 login with refresh tokens"),
            Case("a task about a hole", task="Fix the SQL injection in the search form"),
        ),
        silent=(
            Case(
                "the tokens of a lexer",
                """
--- src/lexer.py
+++ src/lexer.py
 class Lexer:
     def next_token(self):
         start = self.position
-        while self.peek().isalnum():
+        while self.peek().isalnum() or self.peek() == "_":
             self.advance()
         return Token(TokenKind.NAME, self.text[start : self.position])
""",
            ),
            Case(
                "the hash of a table",
                """
--- src/table.c
+++ src/table.c
 static unsigned hash(const char *key) {
-    unsigned h = 5381;
+    unsigned h = 2166136261u;
     while (*key)
-        h = h * 33 + *key++;
+        h = (h ^ *key++) * 16777619u;
     return h % TABLE_SIZE;
 }
""",
            ),
            Case(
                "the session of an ORM",
                """
--- shop/orders.py
+++ shop/orders.py
 def recent_orders(session, limit):
-    return session.query(Order).order_by(Order.id).limit(limit).all()
+    with session.begin():
+        return session.query(Order).order_by(Order.id.desc()).limit(limit).all()
""",
            ),
            Case(
                "a comment in sensitive code",
                """
--- shop/auth/tokens.py
+++ shop/auth/tokens.py
 import jwt


 def verify_access_token(token, key):
-    # verfies a tokn
+    # HS256 only
     return jwt.decode(token, key, algorithms=["HS256"])
""",
            ),
            Case(
                "a test of sensitive code",
                """
--- tests/test_tokens.py
+++ tests/test_tokens.py
 import jwt


 def test_verify(key):
     token = jwt.encode({"sub": 1}, key, algorithm="HS256")
-    assert verify_access_token(token, key)
+    assert verify_access_token(token, key)["sub"] == 1
""",
            ),
            Case("a typo in a task", task="Fix the typo in the button label of the login page"),
        ),
        languages=(".py", ".go", ".java"),
    ),
    Reason.ARCHITECTURAL_DECISION: Examples(
        fires=(
            Case(
                "a new package",
                """
--- /dev/null
+++ shop/search/__init__.py
+from shop.search.index import Index
--- /dev/null
+++ shop/search/index.py
+class Index:
+    words = {}
--- /dev/null
+++ shop/search/query.py
+def query(index, words):
+    return [index.words[word] for word in words]
""",
                repository=("shop/__init__.py", "shop/cart.py"),
            ),
            Case(
                "a new service",
                """
--- /dev/null
+++ services/search/package.json
+{"name": "search", "dependencies": {}}
--- /dev/null
+++ services/search/index.js
+export const index = new Map();
""",
                repository=("services/cart/package.json", "services/cart/index.js"),
            ),
            Case(
                "what thirty files import",
                """
--- shop/money.py
+++ shop/money.py
-def rounded(amount, places):
+def rounded(amount, currency):
     return amount
""",
                dependents=30,
            ),
            Case("a task", task="Split the monolith: extract a service for search behind an event-driven interface"),
        ),
        silent=(
            Case(
                "one more module of a package",
                """
--- /dev/null
+++ shop/search.py
+def search(items, word):
+    return [item for item in items if word in item]
""",
                repository=("shop/__init__.py", "shop/cart.py"),
            ),
            Case(
                "a fixture of a test",
                """
--- /dev/null
+++ tests/fixtures/project/package.json
+{"name": "fixture"}
""",
                repository=("tests/test_project.py",),
            ),
            Case(
                "the body of what thirty files import",
                """
--- shop/money.py
+++ shop/money.py
 def rounded(amount, places):
-    return amount
+    return round(amount, places)
""",
                dependents=30,
            ),
            Case("a component", task="Add a tooltip to the price component"),
        ),
    ),
    Reason.COMPLIANCE_RELATED: Examples(
        fires=(
            Case(
                "erasure becomes anonymisation",
                """
--- shop/privacy.py
+++ shop/privacy.py
 def erase_personal_data(user, archive):
-    user.delete()
+    archive.anonymize(user)
+    audit_log.record("erased", user.id)
""",
            ),
            Case(
                "another retention period",
                """
--- src/main/java/shop/RetentionPolicy.java
+++ src/main/java/shop/RetentionPolicy.java
 package shop;

 public class RetentionPolicy {
     public boolean isExpired(Customer customer) {
-        return customer.ageInDays() > 3650;
+        return customer.ageInDays() > retentionPeriod && !customer.hasLegalHold();
     }
 }
""",
            ),
            Case(
                "more personal data leaves",
                """
--- web/patients.js
+++ web/patients.js
 export function exportPatient(patient) {
-  return { name: patient.name };
+  return { name: patient.name, ssn: patient.ssn, dateOfBirth: patient.dateOfBirth };
 }
""",
            ),
            Case("a task", task="Make the export of customers GDPR compliant"),
        ),
        silent=(
            Case(
                "the retention of log files",
                """
--- ops/logs.py
+++ ops/logs.py
 def rotate(handler):
-    handler.retention = 7
+    handler.retention = 14
""",
            ),
            Case(
                "a document about compliance",
                """
--- docs/gdpr.md
+++ docs/gdpr.md
 # GDPR
-How we anonymize personal data.
+How we anonymize personal data, and how long we keep it.
""",
            ),
            Case("a page of the site", task="Change the colours of the privacy page"),
        ),
        languages=(".py", ".java", ".js"),
    ),
    Reason.MULTI_FILE_REFACTOR: Examples(
        fires=(
            Case("seven files in three packages", edited(SPREAD[1:8])),
            Case("twelve files in three packages", edited(SPREAD)),
            Case("twelve files of TypeScript", edited([path.replace(".py", ".ts") for path in SPREAD])),
            Case("a task", task="Refactor the error handling across the codebase"),
        ),
        silent=(
            Case("three files", edited(SPREAD[3:6])),
            Case("twelve documents", edited([f"docs/{n}/page{n}.md" for n in range(12)])),
            Case("comments in twelve files", commented(SPREAD)),
            Case("tests in twelve files", edited([f"tests/{path}" for path in SPREAD])),
            Case("one name", task="Rename the variable x to width"),
        ),
    ),
    Reason.CROSS_SERVICE_CHANGES: Examples(
        fires=(
            Case(
                "two services",
                edited(["backend/api.py", "frontend/src/client.ts"]),
                repository=(
                    "backend/pyproject.toml",
                    "backend/api.py",
                    "frontend/package.json",
                    "frontend/src/client.ts",
                ),
            ),
            Case(
                "three services",
                edited(["cart/main.go", "orders/main.go", "users/main.go"]),
                repository=tuple(f"{s}/{f}" for s in ("cart", "orders", "users") for f in ("go.mod", "main.go")),
            ),
            Case("a task", task="Pass the region from the client and server to all services"),
            Case("a task about a saga", task="Implement a saga for orders across services"),
        ),
        silent=(
            Case(
                "two folders of one service",
                edited(["backend/api.py", "backend/jobs/mail.py"]),
                repository=("backend/pyproject.toml", "backend/api.py", "backend/jobs/mail.py"),
            ),
            Case(
                "a service and the tests of another",
                edited(["backend/api.py", "frontend/tests/client.test.ts"]),
                repository=("backend/pyproject.toml", "backend/api.py", "frontend/package.json", "frontend/src/a.ts"),
            ),
            Case("one service", task="Show the name of the service in the footer"),
        ),
    ),
    Reason.LEGACY_SYSTEM_INTEGRATION: Examples(
        fires=(
            Case(
                "a SOAP client",
                """
--- bank/gateway.py
+++ bank/gateway.py
 from zeep import Client


 def balance(account):
-    client = Client("http://bank/v1?wsdl")
+    client = Client(WSDL_URL)
     return client.service.GetBalance(account)
""",
            ),
            Case(
                "a ledger in EBCDIC",
                """
--- src/main/java/bank/LegacyLedger.java
+++ src/main/java/bank/LegacyLedger.java
 package bank;

 import javax.xml.soap.SOAPMessage;

 public class LegacyLedger {
     SOAPMessage call(SOAPMessage request) {
-        return connection.call(request, endpoint);
+        return connection.call(toEbcdic(request), endpoint);
     }
 }
""",
            ),
            Case(
                "records for a mainframe",
                """
--- batch/mainframe_export.go
+++ batch/mainframe_export.go
 package batch

 func encodeRecord(order Order) []byte {
-    record := make([]byte, 80)
+    record := fixedWidth(order, 120)
     return toEBCDIC(record)
 }
""",
            ),
            Case("a task", task="Read the nightly file of the COBOL mainframe"),
        ),
        silent=(
            Case(
                "an old value",
                """
--- shop/cart.py
+++ shop/cart.py
 def update(cart, item):
-    old = cart.items
+    old_items = cart.items
     cart.items = [*old_items, item]
""",
            ),
            Case(
                "a version in a path",
                """
--- api/v1/orders.ts
+++ api/v1/orders.ts
 function total(order: Order): number {
-  return order.lines.length;
+  return order.lines.filter((line) => line.open).length;
 }
""",
            ),
            Case("an old picture", task="Replace the old picture on the front page"),
        ),
        languages=(".py", ".java", ".go"),
    ),
    Reason.PERFORMANCE_CRITICAL: Examples(
        fires=(
            Case(
                "a compiled kernel",
                """
--- sim/kernel.py
+++ sim/kernel.py
 from numba import njit, prange


 @njit(parallel=True)
 def step(grid, out):
-    for i in range(1, grid.shape[0] - 1):
+    for i in prange(1, grid.shape[0] - 1):
         out[i] = 0.25 * (grid[i - 1] + grid[i + 1])
""",
            ),
            Case(
                "the queries of a list",
                """
--- shop/queries.py
+++ shop/queries.py
 def orders_with_lines(batch_size):
-    return Order.objects.all()
+    return Order.objects.select_related("customer").prefetch_related("lines")[:batch_size]
""",
            ),
            Case(
                "a lock-free fast path",
                """
--- src/ring_buffer.cpp
+++ src/ring_buffer.cpp
 bool RingBuffer::push(Value value) {
-    return slow_path(value);
+    if (likely(!full()))
+        return fast_path(value);
+    return slow_path(value);
 }
""",
            ),
            Case("a task", task="Optimize the queries of the order list; its p99 latency is too high"),
        ),
        silent=(
            Case(
                "the label “fast”",
                """
--- web/labels.js
+++ web/labels.js
 export function label(state) {
-  return state.fast ? "Fast" : "Slow";
+  return state.fast ? "fast" : "slow";
 }
""",
            ),
            Case(
                "a plain loop",
                """
--- shop/cart.py
+++ shop/cart.py
 def names(items):
-    return [item.name for item in items]
+    return [item.name for item in items if item.visible]
""",
            ),
            Case("a slower animation", task="Make the hover animation slower"),
        ),
        languages=(".py", ".cpp"),
    ),
    Reason.DATABASE_SCHEMA_CHANGES: Examples(
        fires=(
            Case(
                "a migration in SQL",
                """
--- /dev/null
+++ db/migrations/V7__orders.sql
+ALTER TABLE orders DROP COLUMN note;
+ALTER TABLE orders ADD COLUMN status TEXT NOT NULL;
""",
            ),
            Case(
                "a migration of Django",
                """
--- /dev/null
+++ shop/migrations/0008_drop_note.py
+from django.db import migrations
+
+
+class Migration(migrations.Migration):
+    dependencies = [("shop", "0007")]
+    operations = [migrations.RemoveField("order", "note")]
""",
            ),
            Case(
                "a field of an entity",
                """
--- src/user.entity.ts
+++ src/user.entity.ts
 import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

 @Entity()
 export class User {
   @PrimaryGeneratedColumn()
   id: number;

-  @Column({ nullable: true })
-  nick: string;
+  @Column()
+  email: string;
 }
""",
            ),
            Case("a task", task="Add a column for the region and backfill the existing rows"),
            Case("a task with a file to be", task="Migrate the user schema", files=("migrations/0007_user.sql",)),
        ),
        silent=(
            Case(
                "a query",
                """
--- shop/reports.py
+++ shop/reports.py
 def report(db):
-    return db.execute("SELECT id, total FROM orders")
+    return db.execute("SELECT id, total FROM orders ORDER BY id")
""",
            ),
            Case(
                "the schema of a form",
                """
--- web/form.ts
+++ web/form.ts
 import { z } from "zod";

 export const schema = z.object({
-  name: z.string(),
+  name: z.string().max(80),
 });
""",
            ),
            Case(
                "a table of HTML",
                """
--- web/table.js
+++ web/table.js
 export function renderTable(rows) {
-  return rows.map((row) => `<tr>${row}</tr>`);
+  return rows.map((row) => `<tr><td>${row}</td></tr>`);
 }
""",
            ),
            Case(
                "an operation of an API",
                """
--- docs/openapi.yaml
+++ docs/openapi.yaml
 openapi: 3.0.0
 paths:
-  /orders:
-    get:
-      summary: All orders
   /users:
     get:
       summary: All users
""",
            ),
            Case("the width of a table", task="Adjust the padding of the table"),
        ),
        languages=(".sql", ".py", ".ts"),
    ),
    Reason.ALGORITHM_COMPLEXITY: Examples(
        fires=(
            Case(
                "a ladder in Python",
                one("shop/rules.py", f" def rule(a, b):\n{LADDER_PY}-    return 0\n+    return a\n"),
            ),
            Case(
                "a ladder in JavaScript",
                one("web/rules.js", f" function rule(a, b) {{\n{LADDER_JS}-  return 0;\n+  return a;\n }}\n"),
            ),
            Case(
                "a new ladder in Go",
                "--- /dev/null\n+++ rules/rule.go\n+package rules\n+\n+func rule(a, b int) int {\n"
                + "".join(
                    f"+\tif a == {n} {{\n+\t\tif b > {n} {{\n+\t\t\treturn {n}\n+\t\t}}\n+\t}}\n" for n in range(12)
                )
                + "+\treturn 0\n+}\n",
            ),
            Case("a task", task="Write a constraint solver for the shift plan, with backtracking"),
        ),
        silent=(
            Case(
                "a plain function beside a hard one",
                one(
                    "shop/rules.py",
                    f" def rule(a, b):\n{LADDER_PY}     return 0\n \n def plain(a):\n-    return a\n+    return 1\n",
                ),
            ),
            Case(
                "a comment in a hard function",
                one("shop/rules.py", f" def rule(a, b):\n{LADDER_PY}-    # no\n+    # nothing\n     return 0\n"),
            ),
            Case(
                "a hard function of a test",
                one("tests/rules.py", f" def rule(a, b):\n{LADDER_PY}-    return 0\n+    return a\n"),
            ),
            Case("a simple form", task="Add a field for the middle name to the form"),
        ),
        languages=(".py", ".js", ".go"),
    ),
    Reason.COMPREHENSIVE_CODE_REVIEW: Examples(
        fires=(
            Case("three hundred lines", edited(["shop/cart.py"], 150)),
            Case("five hundred lines in five files", edited([f"web/{n}.ts" for n in range(5)], 55)),
            Case("a task", task="Do a comprehensive code review of the checkout"),
        ),
        silent=(
            Case("a hundred lines", edited(["shop/cart.py"], 50)),
            Case("three hundred lines of documents", edited(["docs/guide.md"], 150)),
            Case("three hundred lines of a lock file", edited(["uv.lock"], 150)),
            Case("three hundred lines of tests", edited(["tests/test_cart.py"], 150)),
            Case("somebody's review", task="Show the stars of a product review"),
        ),
    ),
    Reason.TESTING_STRATEGY: Examples(
        fires=(
            Case("another set-up of all tests", edited(["conftest.py"], 5)),
            Case("another set-up of all tests, in JavaScript", edited(["web/jest.config.js"], 5)),
            Case("two hundred lines of tests", edited(["tests/test_cart.py", "tests/test_orders.py"], 60)),
            Case(
                "intricate code without its tests",
                one("shop/rules.py", f" def rule(a, b):\n{LADDER_PY}-    return 0\n+    return a\n"),
                repository=("shop/rules.py", "tests/test_rules.py"),
            ),
            Case("a task", task="Set up property-based tests and a test strategy for the parser"),
        ),
        silent=(
            Case(
                "intricate code with its tests",
                one("shop/rules.py", f" def rule(a, b):\n{LADDER_PY}-    return 0\n+    return a\n")
                + edited(["tests/test_rules.py"]),
                repository=("shop/rules.py", "tests/test_rules.py"),
            ),
            Case(
                "intricate code where nothing is tested",
                one("shop/rules.py", f" def rule(a, b):\n{LADDER_PY}-    return 0\n+    return a\n"),
                repository=("shop/rules.py", "shop/contest.py"),
            ),
            Case("one test", edited(["tests/test_cart.py"], 3)),
            Case("a test by word", task="Test whether the button is visible"),
        ),
    ),
    Reason.DEBUG_COMPLEX_ISSUES: Examples(
        fires=(
            Case(
                "a mutex with a timeout",
                """
--- jobs/pool.py
+++ jobs/pool.py
 import threading


 def take(self):
-    self.mutex.acquire()
+    if not self.mutex.acquire(timeout=1):
+        raise TimeoutError
     job = self.jobs.pop()
     self.mutex.release()
     return job
""",
            ),
            Case(
                "a reader's lock",
                """
--- cache/store.go
+++ cache/store.go
 package cache

 import "sync"

 func (s *Store) Get(key string) string {
-    s.mutex.Lock()
-    defer s.mutex.Unlock()
+    s.mutex.RLock()
+    defer s.mutex.RUnlock()
     return s.values[key]
 }
""",
            ),
            Case(
                "a lock of its own",
                """
--- src/main/java/shop/Counter.java
+++ src/main/java/shop/Counter.java
 package shop;

 import java.util.concurrent.locks.ReentrantLock;

 public class Counter {
     public void add() {
-        count++;
+        lock.lock();
+        try {
+            count++;
+        } finally {
+            lock.unlock();
+        }
     }
 }
""",
            ),
            Case("a task", task="Find the root cause of the intermittent deadlock in production"),
        ),
        silent=(
            Case(
                "a thread of a forum",
                """
--- forum/posts.py
+++ forum/posts.py
 def reply(thread, text):
-    thread.posts.append(text)
+    thread.posts.append(text.strip())
""",
            ),
            Case(
                "a locked door",
                """
--- home/door.js
+++ home/door.js
 export function label(door) {
-  return door.locked ? "locked" : "open";
+  return door.locked ? "Locked" : "Open";
 }
""",
            ),
            Case("a lock file", edited(["package-lock.json"], 5)),
            Case("a bug by word", task="Fix the small bug in the footer text"),
        ),
        languages=(".py", ".go", ".java"),
    ),
    Reason.API_DESIGN: Examples(
        fires=(
            Case(
                "another function in place of an exported one",
                """
--- shop/client.py
+++ shop/client.py
-def fetch_order(order_id, timeout):
-    return get(f"/orders/{order_id}", timeout)
+def load_order(order_id, *, region):
+    return get(f"/{region}/orders/{order_id}")
""",
            ),
            Case(
                "another signature",
                """
--- src/orders.ts
+++ src/orders.ts
-export function findOrder(id: number): Order | null {
+export function findOrder(id: string, region: string): Order {
   return store.get(id);
 }
""",
            ),
            Case(
                "another route",
                """
--- shop/api.py
+++ shop/api.py
 from flask import Flask

 app = Flask(__name__)


-@app.get("/orders/<int:id>")
+@app.get("/v2/orders/<id>")
 def order(id):
     return store.get(id)
""",
            ),
            Case(
                "an operation is gone",
                """
--- docs/openapi.yaml
+++ docs/openapi.yaml
 openapi: 3.0.0
 paths:
-  /orders:
-    get:
-      summary: All orders
   /users:
     get:
       summary: All users
""",
            ),
            Case("a task", task="Design a REST API for orders with pagination"),
        ),
        silent=(
            Case(
                "a private function",
                """
--- shop/client.py
+++ shop/client.py
-def _retry(call, times):
+def _retry(call, *, times=3):
     for _ in range(times):
         call()
""",
            ),
            Case(
                "the body of an exported function",
                """
--- src/orders.ts
+++ src/orders.ts
 export function findOrder(id: number): Order | null {
-  return store.get(id);
+  return store.get(id) ?? null;
 }
""",
            ),
            Case(
                "a helper of a test",
                one("tests/helpers.py", "-def order():\n+def order(id):\n     return {}\n"),
            ),
            Case("a request by word", task="Show a spinner while the request runs"),
        ),
        languages=(".py", ".ts"),
    ),
    Reason.PROTOCOL_IMPLEMENTATION: Examples(
        fires=(
            Case(
                "the header of a frame",
                """
--- net/frames.py
+++ net/frames.py
 import struct


 def read_frame(data):
-    length, opcode = struct.unpack(">HB", data[:3])
+    length, opcode, checksum = struct.unpack(">HBI", data[:7])
     return opcode, data[3 : 3 + length]
""",
            ),
            Case(
                "a handshake",
                """
--- src/protocol/handshake.js
+++ src/protocol/handshake.js
 export function readHandshake(buffer) {
-  return { version: buffer.readUInt16BE(0) };
+  return { version: buffer.readUInt16BE(0), payloadLength: buffer.readUInt32BE(2) };
 }
""",
            ),
            Case(
                "the byte order of a packet",
                """
--- src/packet.c
+++ src/packet.c
 #include <netinet/in.h>

 void write_header(struct packet *packet, unsigned length) {
-    packet->length = length;
+    packet->length = htons(length);
+    packet->sequence_number = htonl(next_sequence());
 }
""",
            ),
            Case("a task", task="Implement the handshake of MQTT 5 over TCP"),
        ),
        silent=(
            Case(
                "a frame of pandas",
                """
--- report/sales.py
+++ report/sales.py
 def monthly(frame):
-    return frame.groupby("month").sum()
+    return frame.groupby("month").sum().sort_index()
""",
            ),
            Case(
                "an encoded query",
                """
--- web/search.ts
+++ web/search.ts
 export function search(query: string): string {
-  return encodeURIComponent(query);
+  return encodeURIComponent(query.trim());
 }
""",
            ),
            Case("a stream by word", task="Show the number of viewers of the stream"),
        ),
        languages=(".py", ".js", ".c"),
    ),
    Reason.MIGRATION_STRATEGY: Examples(
        fires=(
            Case(
                "data moved by a migration",
                """
--- /dev/null
+++ shop/migrations/0007_split_name.py
+from django.db import migrations
+
+
+def split_name(apps, schema_editor):
+    for user in apps.get_model("shop", "User").objects.all():
+        user.first_name = user.name.split()[0]
+        user.save()
+
+
+class Migration(migrations.Migration):
+    dependencies = [("shop", "0006")]
+    operations = [migrations.RunPython(split_name)]
""",
            ),
            Case(
                "written to two stores",
                """
--- src/orders/store.ts
+++ src/orders/store.ts
 export async function save(order: Order): Promise<void> {
-  await oldStore.put(order);
+  await dualWrite(order);
+  await backfill(order.customer);
 }
""",
            ),
            Case("a task", task="Move from MySQL to PostgreSQL with zero downtime"),
            Case("a task with a plan", task="Write the rollback plan for the cutover"),
        ),
        silent=(
            Case(
                "another unit",
                """
--- shop/units.py
+++ shop/units.py
 def convert(value, unit):
-    return value * FACTORS[unit]
+    return round(value * FACTORS[unit], 6)
""",
            ),
            Case(
                "the price of an upgrade",
                """
--- web/plan.js
+++ web/plan.js
 export function upgradeLabel(plan) {
-  return `Upgrade to ${plan}`;
+  return `Upgrade now to ${plan}`;
 }
""",
            ),
            Case("a dependency", task="Bump the linter and update dependencies"),
        ),
        languages=(".py", ".ts"),
    ),
    Reason.REVENUE_CRITICAL: Examples(
        fires=(
            Case(
                "tax on an invoice",
                """
--- shop/invoices.py
+++ shop/invoices.py
 def invoice_total(lines):
-    return sum(line.unit_price * line.quantity for line in lines)
+    return sum(line.unit_price * line.quantity * (1 + line.tax_rate) for line in lines)
""",
            ),
            Case(
                "a charge",
                """
--- server/checkout.js
+++ server/checkout.js
 const stripe = require("stripe");

 export async function charge(order) {
-  return stripe.paymentIntents.create({ amount: order.total });
+  return stripe.paymentIntents.create({ amount: order.total, capture_method: "manual" });
 }
""",
            ),
            Case(
                "a refund",
                """
--- src/main/java/shop/RefundService.java
+++ src/main/java/shop/RefundService.java
 package shop;

 public class RefundService {
     public Money refund(Payment payment) {
-        return payment.amount();
+        return payment.amount().minus(payment.fee());
     }
 }
""",
            ),
            Case("a task", task="Charge the subscription on the first of the month and send the invoice"),
        ),
        silent=(
            Case(
                "the colour of a price",
                """
--- web/shop.css
+++ web/shop.css
-.price { color: #333; }
+.price { color: #222; }
""",
            ),
            Case(
                "an order that is no order",
                """
--- blog/posts.py
+++ blog/posts.py
 def latest(posts):
-    return sorted(posts, key=lambda post: post.order)
+    return sorted(posts, key=lambda post: post.order, reverse=True)
""",
            ),
            Case("the colour of a button", task="Change the colour of the checkout button"),
        ),
        languages=(".py", ".js", ".java"),
    ),
}

# What stays with the default model whatever it looks like: no reason at all.
ROUTINE: tuple[Case, ...] = (
    Case("a document", one("docs/auth.md", "-Passwords are hashed with bcrypt.\n+Passwords are hashed with argon2.\n")),
    Case(
        "a docstring",
        one(
            "shop/auth.py",
            ' def check(user, pin):\n-    """Chek."""\n+    """Check."""\n     return user.hash == hash(pin)\n',
        ),
    ),
    Case(
        "layout",
        one(
            "shop/pay.py",
            "-def pay(payment, card_number): return charge(payment, card_number)\n"
            "+def pay(payment, card_number):\n+    return charge(payment, card_number)\n",
        ),
    ),
    Case("hover", one("web/nav.css", "-nav a:hover { color: #334; }\n+nav a:hover { color: #245; }\n")),
    Case(
        "a test",
        one("tests/test_pay.py", " def test_pay():\n-    assert pay(1)\n+    assert pay(1) == 1\n"),
    ),
    Case(
        "a typo in a text",
        one("shop/messages.py", ' def greeting(name):\n-    return f"Welcom {name}"\n+    return f"Welcome {name}"\n'),
    ),
    Case("a lock file", edited(["package-lock.json"], 40)),
    Case("a vendored file", one("vendor/jwt/jwt.go", " package jwt\n-var Key = 1\n+var Key = 2\n")),
    Case("a generated file", one("api/auth_pb2.py", "-token = 1\n+token = 2\n")),
    Case("an empty file", "--- /dev/null\n+++ shop/__init__.py\n"),
    Case("a task about colours", task="Change the navigation bar's hover effect and update the button colours."),
    Case("a task about a typo", task="Fix a typo in the README"),
    Case("a task about a comment", task="Improve the docstrings and comments of the payment module"),
)
