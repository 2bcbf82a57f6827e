"""Changes of the public surface, from small changes in every language and framework."""

from __future__ import annotations

import pytest

from escalation.analysis.change import FileChange
from escalation.analysis.surface.changes import SurfaceChange, summed_up, surface_changes
from escalation.syntax.language import language_of_path
from escalation.text.document import Document


def document(path: str, text: str | None) -> Document | None:
    language = language_of_path(path)
    return None if text is None else Document.of(text, language=language.id if language else "")


def changes(path: str, before: str | None, after: str | None) -> tuple[SurfaceChange, ...]:
    base, current = document(path, before), document(path, after)
    return surface_changes(FileChange(path, base, current))


# path, before, after, then what the one change says (None: there is none), its line, breaking or not.
SYMBOLS = [
    # Python
    ("a.py", "def f(a):\n    pass\n", "x = 1\n", "removes public f", 1, True),
    ("a.py", "def f(a):\n    return 1\n", "def f(a):\n    return 2\n", None, 0, False),
    (
        "a.py",
        "def f(a):\n    pass\n",
        "def f(a, b):\n    pass\n",
        "changes public f: adds the required parameter b",
        1,
        True,
    ),
    (
        "a.py",
        "def f(a):\n    pass\n",
        "def f(a, b=1):\n    pass\n",
        "changes the signature of public f, compatibly",
        1,
        False,
    ),
    ("a.py", "def f(a, b):\n    pass\n", "def f(a):\n    pass\n", "changes public f: removes the parameter b", 1, True),
    (
        "a.py",
        "def f(a, b):\n    pass\n",
        "def f(b, a):\n    pass\n",
        "changes public f: moves the parameter a",
        1,
        True,
    ),
    (
        "a.py",
        "def f(a, b=1):\n    pass\n",
        "def f(a, b):\n    pass\n",
        "changes public f: makes the parameter b required",
        1,
        True,
    ),
    (
        "a.py",
        "def f(a, **names):\n    pass\n",
        "def f(a, b=1, **names):\n    pass\n",
        "changes the signature of public f, compatibly",
        1,
        False,
    ),
    (
        "a.py",
        "def f(a):\n    pass\n",
        "def f(x):\n    pass\n",
        "changes public f: renames the parameter a to x",
        1,
        True,
    ),
    (
        "a.py",
        "def f(a, *, b=1):\n    pass\n",
        "def f(a, *, c=1):\n    pass\n",
        "changes public f: removes the parameter b",
        1,
        True,
    ),
    (
        "a.py",
        "def f(a, *, b=1):\n    pass\n",
        "def f(a, *, c=1, b=1):\n    pass\n",
        "changes the signature of public f, compatibly",
        1,
        False,
    ),
    (
        "a.py",
        "def f(a: int) -> int:\n    pass\n",
        "def f(a: str) -> str:\n    pass\n",
        "changes the signature of public f, compatibly",
        1,
        False,
    ),
    (
        "a.py",
        "def f(a):\n    pass\n",
        "async def f(a):\n    pass\n",
        "changes public f: changes whether it is async",
        1,
        True,
    ),
    ("a.py", "def _f(a):\n    pass\n", "def _f(b):\n    pass\n", None, 0, False),
    (
        "a.py",
        "class A:\n    def f(self, a):\n        pass\n",
        "class A:\n    def f(self):\n        pass\n",
        "changes public A.f: removes the parameter a",
        2,
        True,
    ),
    (
        "a.py",
        "class A:\n    def f(self):\n        pass\n",
        "class A:\n    @property\n    def f(self):\n        pass\n",
        "changes public A.f: changes whether it is property",
        3,
        True,
    ),
    (
        "a.py",
        "class A:\n    def __init__(self):\n        pass\n",
        "class A:\n    def __init__(self, a):\n        pass\n",
        "changes public A.__init__: adds the required parameter a",
        2,
        True,
    ),
    (
        "a.py",
        "class _A:\n    def f(self):\n        pass\n",
        "class _A:\n    def f(self, a):\n        pass\n",
        None,
        0,
        False,
    ),
    ("a.py", "class A:\n    def f(self):\n        pass\n", "x = 1\n", None, 0, False),
    ("a.py", "def f():\n    def g(a):\n        pass\n", "def f():\n    def g(b):\n        pass\n", None, 0, False),
    (
        "a.py",
        "def f():\n    pass\n\ndef g():\n    pass\n",
        "def g():\n    pass\n\ndef f():\n    pass\n",
        None,
        0,
        False,
    ),
    (
        "a.py",
        "__all__ = ['f']\ndef f(): pass\ndef g(): pass\n",
        "__all__ = ['f']\ndef f(): pass\ndef g(a): pass\n",
        None,
        0,
        False,
    ),
    (
        "a.py",
        "__all__ = ['f', 'g']\n\n\ndef f(): pass\ndef g(): pass\n",
        "__all__ = ['f']\n\n\ndef f(): pass\ndef g(): pass\n",
        "removes public g from __all__",
        1,
        True,
    ),
    ("p/__init__.py", "from .a import f\n", "from .a import g as f\n", None, 0, False),
    ("p/__init__.py", "from .a import f, g\n", "from .a import g\n", "removes public f", 1, True),
    ("p/_a.py", "def f(a): pass\n", "def f(b): pass\n", None, 0, False),
    ("tests/test_a.py", "def f(a): pass\n", "def f(b): pass\n", None, 0, False),
    # JavaScript and TypeScript
    ("a.js", "export function f(a) {}\n", "function f(a) {}\n", "removes public f", 1, True),
    (
        "a.js",
        "export function f(a) {}\n",
        "export function f(b) {}\n",
        "changes the signature of public f, compatibly",
        1,
        False,
    ),
    (
        "a.js",
        "export function f(a, b) {}\n",
        "export function f(b, a) {}\n",
        "changes public f: moves the parameter a",
        1,
        True,
    ),
    (
        "a.js",
        "function f(a) {}\nmodule.exports = { f };\n",
        "function f(a, b) {}\nmodule.exports = { f };\n",
        "changes public f: adds the required parameter b",
        1,
        True,
    ),
    (
        "a.js",
        "exports.f = function (a) {};\n",
        "exports.f = function () {};\n",
        "changes public f: removes the parameter a",
        1,
        True,
    ),
    ("a.js", "function f(a) {}\n", "function f(a, b) {}\n", None, 0, False),
    (
        "a.ts",
        "export const f = (a: string) => a;\n",
        "export const f = (a: number) => a;\n",
        "changes public f: changes the type of the parameter a from string to number",
        1,
        True,
    ),
    (
        "a.ts",
        "export function f(a: string): void {}\n",
        "export function f(a: string): number {}\n",
        "changes public f: changes its type from void to number",
        1,
        True,
    ),
    (
        "a.ts",
        "export function f(a?: string) {}\n",
        "export function f(a: string) {}\n",
        "changes public f: makes the parameter a required",
        1,
        True,
    ),
    (
        "a.ts",
        "export class A { private f(a: string) {} }\n",
        "export class A { private f(b: number) {} }\n",
        None,
        0,
        False,
    ),
    (
        "a.ts",
        "export class A {\n  f(a: string) {}\n}\n",
        "export class A {\n  f() {}\n}\n",
        "changes public A.f: removes the parameter a",
        2,
        True,
    ),
    ("a.ts", "class A {\n  f(a: string) {}\n}\n", "class A {\n  f() {}\n}\n", None, 0, False),
    (
        "a.ts",
        "export interface I {\n  a: string;\n}\n",
        "export interface I {\n  a: number;\n}\n",
        "changes public I.a: changes its type from string to number",
        2,
        True,
    ),
    ("a.ts", "export { a, b } from './x';\n", "export { a } from './x';\n", "removes public b", 1, True),
    (
        "a.tsx",
        "export function F(p: P) { return <a/>; }\n",
        "export function F(p: Q) { return <a/>; }\n",
        "changes public F: changes the type of the parameter p from P to Q",
        1,
        True,
    ),
    # Java, Kotlin, C#
    (
        "A.java",
        "public class A {\n  public int f(int a) { return 1; }\n}\n",
        "public class A {\n  public int f(long a) { return 1; }\n}\n",
        "changes public A.f: changes the type of the parameter a from int to long",
        2,
        True,
    ),
    (
        "A.java",
        "public class A {\n  @X(1) public int f(int a) { return 1; }\n}\n",
        "public class A {\n  @X(1) int f(int a) { return 1; }\n}\n",
        "removes public A.f",
        2,
        True,
    ),
    (
        "A.java",
        "public class A {\n  public void f(int a) {}\n  public void f(long a) {}\n}\n",
        "public class A {\n  public void f(int a) {}\n}\n",
        "removes the overload A.f(long)",
        3,
        True,
    ),
    (
        "A.java",
        "class A {\n  public int f(int a) { return 1; }\n}\n",
        "class A {\n  public int f(long a) { return 1; }\n}\n",
        None,
        0,
        False,
    ),
    (
        "I.java",
        "public interface I {\n  int f(int a);\n}\n",
        "public interface I {\n  int f();\n}\n",
        "changes public I.f: removes the parameter a",
        2,
        True,
    ),
    (
        "A.kt",
        "class A {\n  fun f(a: Int, b: Int = 1) {}\n}\n",
        "class A {\n  fun f(a: Int, b: Int) {}\n}\n",
        "changes public A.f: makes the parameter b required",
        2,
        True,
    ),
    (
        "A.kt",
        "fun f(a: Int): Int = 1\n",
        "fun f(a: Int): Long = 1\n",
        "changes public f: changes its type from Int to Long",
        1,
        True,
    ),
    ("A.kt", "private fun f(a: Int) {}\n", "private fun f() {}\n", None, 0, False),
    (
        "A.cs",
        "namespace N {\npublic class A {\n  public int F(int a) { return 1; }\n}\n}\n",
        "namespace N {\npublic class A {\n  public int F(int b) { return 1; }\n}\n}\n",
        "changes public N.A.F: renames the parameter a to b",
        3,
        True,
    ),
    (
        "A.cs",
        "public class A {\n  internal int F(int a) { return 1; }\n}\n",
        "public class A {\n  internal int F(int b) { return 1; }\n}\n",
        None,
        0,
        False,
    ),
    # Go, Rust
    (
        "a.go",
        "package p\n\nfunc F(a int) {}\n",
        "package p\n\nfunc F(b int) {}\n",
        "changes the signature of public F, compatibly",
        3,
        False,
    ),
    (
        "a.go",
        "package p\n\nfunc F(a, b int) {}\n",
        "package p\n\nfunc F(a int) {}\n",
        "changes public F: removes the parameter b",
        3,
        True,
    ),
    (
        "a.go",
        "package p\n\nfunc (s *S) F() error { return nil }\n",
        "package p\n\nfunc (s *S) F() {}\n",
        "changes public S.F: changes its type from error to none",
        3,
        True,
    ),
    (
        "a.go",
        "package p\n\nfunc (s *s) F() error { return nil }\n",
        "package p\n\nfunc (s *s) F() {}\n",
        None,
        0,
        False,
    ),
    (
        "a.go",
        "package p\n\nfunc F() (n int, err error) {}\n",
        "package p\n\nfunc F() (int, error) {}\n",
        None,
        0,
        False,
    ),
    (
        "A.java",
        "public class A {\n  public void f(String a) {}\n}\n",
        "public class A {\n  public void f(@Nullable String a) {}\n}\n",
        None,
        0,
        False,
    ),
    ("a.py", "class A(B):\n    pass\n", "class A(C):\n    pass\n", "changes what public A derives from", 1, False),
    ("a.py", "lines = 1\nLIMIT = 1\n", "x = 1\n", "removes public LIMIT", 1, True),
    ("scripts/a.py", "def f(a): pass\n", "def f(b): pass\n", None, 0, False),
    ("a.go", "package p\n\nfunc f() {}\n", "package p\n\nfunc f(a int) {}\n", None, 0, False),
    ("a.go", "package main\n\nfunc F() {}\n", "package main\n\nfunc F(a int) {}\n", None, 0, False),
    (
        "a.go",
        "package p\n\ntype T struct {\n\tA int\n\tb int\n}\n",
        "package p\n\ntype T struct {\n\tb int\n}\n",
        "removes public T.A",
        4,
        True,
    ),
    ("internal/x/a.go", "package p\n\nfunc F() {}\n", "package p\n\nfunc F(a int) {}\n", None, 0, False),
    (
        "src/a.rs",
        "pub fn f(a: i32) {}\n",
        "pub fn f(a: i64) {}\n",
        "changes public f: changes the type of the parameter a from i32 to i64",
        1,
        True,
    ),
    ("src/a.rs", "pub(crate) fn f(a: i32) {}\n", "pub(crate) fn f(a: i64) {}\n", None, 0, False),
    ("src/a.rs", "pub fn f() {}\n", "pub(crate) fn f() {}\n", "removes public f", 1, True),
    (
        "src/a.rs",
        "impl A {\n    pub fn f(&self) {}\n}\n",
        "impl A {\n    pub fn f(&self, a: u8) {}\n}\n",
        "changes public A.f: adds the required parameter a",
        2,
        True,
    ),
    (
        "src/a.rs",
        "pub trait T {\n    fn f(&self);\n}\n",
        "pub trait T {\n    fn f(&self) -> u8;\n}\n",
        "changes public T.f: changes its type from none to u8",
        2,
        True,
    ),
    # PHP, Ruby, C, C++
    (
        "a.php",
        "<?php\nclass A {\n  public function f(int $a) {}\n}\n",
        "<?php\nclass A {\n  public function f(int $b) {}\n}\n",
        "changes public A.f: renames the parameter $a to $b",
        3,
        True,
    ),
    (
        "a.php",
        "<?php\nclass A {\n  private function f($a) {}\n}\n",
        "<?php\nclass A {\n  private function f() {}\n}\n",
        None,
        0,
        False,
    ),
    (
        "a.rb",
        "class A\n  def f(a)\n  end\nend\n",
        "class A\n  def f(a, b)\n  end\nend\n",
        "changes public A.f: adds the required parameter b",
        2,
        True,
    ),
    (
        "a.rb",
        "class A\n  def f(a, k:)\n  end\nend\n",
        "class A\n  def f(a, o: 1, k:)\n  end\nend\n",
        "changes the signature of public A.f, compatibly",
        2,
        False,
    ),
    (
        "a.rb",
        "class A\n  private\n\n  def f(a)\n  end\nend\n",
        "class A\n  private\n\n  def f(a, b)\n  end\nend\n",
        None,
        0,
        False,
    ),
    (
        "a.h",
        "int f(int a);\n",
        "int f(long a);\n",
        "changes public f: changes the type of the parameter a from int to long",
        1,
        True,
    ),
    ("a.h", "char *f(void);\n", "int f(void);\n", "changes public f: changes its type from char * to int", 1, True),
    ("a.c", "int f(int a) { return 1; }\n", "int f(long a) { return 1; }\n", None, 0, False),
    (
        "a.hpp",
        "class A {\n public:\n  int f(int a);\n};\n",
        "class A {\n public:\n  int f(int a, int b);\n};\n",
        "changes public A.f: adds the required parameter b",
        3,
        True,
    ),
    ("a.hpp", "class A {\n  int f(int a);\n};\n", "class A {\n  int f(int a, int b);\n};\n", None, 0, False),
    (
        "a.hpp",
        "class A {\n public:\n  int f(int a);\n};\n",
        "class A {\n public:\n  int f(int a, int b = 1);\n};\n",
        "changes the signature of public A.f, compatibly",
        3,
        False,
    ),
]


@pytest.mark.parametrize(("path", "before", "after", "what", "line", "breaks"), SYMBOLS)
def test_symbol(*, path: str, before: str, after: str, what: str | None, line: int, breaks: bool) -> None:
    found = [item for item in changes(path, before, after) if item.kind != "added"]
    if what is None:
        assert [item for item in found if item.name != "A"] == []
        return
    (one,) = found
    assert (one.what, one.line, one.breaking) == (what, line, breaks)


# A route of every framework: path, source, the route as it is named.
ROUTES = [
    ("a.py", '@app.route("/users", methods=["POST", "GET"])\ndef f(): pass\n', "GET|POST /users"),
    ("a.py", '@bp.route("/users")\ndef f(): pass\n', "/users"),
    ("a.py", '@router.get("/users/{id}", response_model=A)\nasync def f(id: int): pass\n', "GET /users/{id}"),
    ("urls.py", 'urlpatterns = [\n    path("users/<int:pk>/", views.user),\n]\n', "users/<int:pk>/"),
    ("urls.py", 'router.register(r"users", UserViewSet)\n', "users"),
    ("a.js", "router.get('/users/:id', auth, (req, res) => res.send(1));\n", "GET /users/:id"),
    ("a.js", "app.use('/api', api);\n", "USE /api"),
    ("a.ts", "@Controller('users')\nexport class A {}\n", "CONTROLLER users"),
    ("a.ts", "export class A {\n  @Get(':id')\n  f() {}\n}\n", "GET :id"),
    ("A.java", '@RequestMapping("/users")\nclass A {}\n', "/users"),
    ("A.java", 'class A {\n  @GetMapping(value = "/{id}")\n  int f() { return 1; }\n}\n', "GET /{id}"),
    ("A.java", '@Path("/users")\nclass A {}\n', "/users"),
    ("A.kt", '@RestController\nclass A {\n  @PostMapping("/x")\n  fun f() {}\n}\n', "POST /x"),
    ("a.go", 'package main\n\nfunc main() {\n\thttp.HandleFunc("/users", users)\n}\n', "/users"),
    (
        "a.go",
        'package main\n\nfunc main() {\n\tmux.HandleFunc("GET /users/{id}", users)\n}\n',
        "GET /users/{id}",
    ),
    ("a.go", 'package main\n\nfunc main() {\n\tr.GET("/users", users)\n}\n', "GET /users"),
    (
        "config/routes.rb",
        "Rails.application.routes.draw do\n  get '/users', to: 'users#index'\nend\n",
        "GET /users",
    ),
    ("config/routes.rb", "Rails.application.routes.draw do\n  resources :users\nend\n", "RESOURCES users"),
    ("routes/api.php", "<?php\nRoute::get('/users', [A::class, 'index']);\n", "GET /users"),
    (
        "A.php",
        "<?php\nclass A {\n  #[Route('/users', methods: ['GET'])]\n  private function f() {}\n}\n",
        "GET /users",
    ),
    ("A.cs", 'class A {\n  [HttpGet("{id}")]\n  int F() { return 1; }\n}\n', "GET {id}"),
    ("A.cs", 'class A { void F() {\n  app.MapPost("/users", f);\n} }\n', "POST /users"),
    ("src/a.rs", '#[get("/users")]\nfn f() {}\n', "GET /users"),
    ("src/a.rs", 'fn f() {\n    Router::new().route("/users", get(users));\n}\n', "GET /users"),
]


@pytest.mark.parametrize(("path", "text", "name"), ROUTES)
def test_route(path: str, text: str, name: str) -> None:
    def of(before: str, after: str) -> list[tuple[str, str, bool]]:
        return [
            (item.name, item.what.split(" (")[0], item.breaking)
            for item in changes(path, before, after)
            if item.kind == "route"
        ]

    head = "<?php\n" if path.endswith("php") else ""
    assert of(head, text) == [(name, f"adds the route {name}", False)]
    assert of(text, head) == [(name, f"removes the route {name}", True)]
    assert of(text, text + "\n") == []
    assert (
        of(text, text.replace("/", "/v2/", 1) if "/" in name else text.replace("users", "people"))[:1] != []
        or ":" in name
        or "{" in name
    )


NOT_ROUTES = [
    ("a.py", 'x = requests.get("/users")\ny = cache.get("/users")\n'),
    ("a.py", '# @app.route("/users")\n'),
    ("a.py", '"""\n@app.route("/users")\n"""\n'),
    ("a.js", "axios.get('/users');\n// app.get('/users', f)\n"),
    ("a.js", "map.get('key');\n"),
    ("a.go", 'package p\n\nvar x = values.Get("key")\n'),
    ("app/models/a.rb", "get 'x'\n"),
    ("tests/test_a.py", '@app.route("/users")\ndef f(): pass\n'),
]


@pytest.mark.parametrize(("path", "text"), NOT_ROUTES)
def test_not_a_route(path: str, text: str) -> None:
    assert [item for item in changes(path, "", text) if item.kind == "route"] == []


def test_a_changed_method_of_a_route_is_one_change() -> None:
    text = '@app.route("/a", methods=["GET"])\ndef f(): pass\n'
    (one,) = changes("a.py", text, text.replace("GET", "POST"))
    assert (one.what, one.line, one.breaking) == ("changes the route GET /a to POST /a (Flask)", 1, True)


def test_a_route_on_a_changed_line_of_its_decorator() -> None:
    text = '@app.route(\n    "/a",\n    methods=["GET"],\n)\ndef f(): pass\n'
    (one,) = changes("a.py", text, text.replace('"/a"', '"/b"'))
    assert one.what == "changes the route GET /a to GET /b (Flask)"


def test_the_symbols_of_a_new_file_are_one_change() -> None:
    found = changes("a.py", None, "def a(): pass\ndef b(): pass\ndef c(): pass\ndef d(): pass\n")
    assert [(item.what, item.weight) for item in summed_up(found)] == [("adds 4 public symbols (a, b, c …)", 0.2)]


def test_the_routes_of_a_new_file_stay_what_they_are() -> None:
    found = summed_up(changes("a.py", None, '@app.route("/a")\ndef f(): pass\ndef g(): pass\n'))
    assert [item.kind for item in found] == ["added", "route"]


def test_a_deleted_class_is_one_change_and_stands_on_line_1() -> None:
    text = "x = 1\nclass A:\n    def f(self): pass\n    def g(self): pass\n"
    assert [(item.what, item.line) for item in changes("a.py", text, None)] == [("removes public A", 1)]


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        "a.js",
        "a.ts",
        "A.java",
        "a.kt",
        "A.cs",
        "a.go",
        "a.rs",
        "a.php",
        "a.rb",
        "a.hpp",
        "a.h",
        "a.sh",
        "a.sql",
        "a.md",
    ],
)
@pytest.mark.parametrize(
    "text",
    ["", "\0\1", "class A { f( {", "def f(" * 50, "{" * 300, "pub fn fn fn", "export {", "func (", "é" * 99],
)
def test_broken_input_is_only_silent(path: str, text: str) -> None:
    surface_changes(FileChange(path, document(path, "x\n"), document(path, text)))
    surface_changes(FileChange(path, document(path, text), document(path, "x\n")))


WIDE_OR_DEEP = [
    ("a.py", "def f(" + "a," * 20_000 + "): pass"),
    ("a.py", "def f(): pass\n" * 10_000),
    ("a.py", "__all__ = [" + "'a', " * 50_000 + "]"),
    ("a.ts", "export {" * 100_000),
    ("a.ts", "export class A {" + "a: string;\n" * 3_000 + "}"),
    ("a.js", "module.exports = " * 10_000 + "\nfunction f(a) {}\n"),
    ("a.go", "package p\n" + "func F() {}\n" * 10_000),
    ("a.py", "if x:\n" + "".join(" " * i + "if x:\n" for i in range(1, 300)) + " " * 300 + "def f(): pass\n"),
]


@pytest.mark.parametrize(("path", "text"), WIDE_OR_DEEP)
def test_no_text_takes_more_than_linear_effort(path: str, text: str) -> None:
    surface_changes(FileChange(path, document(path, ""), document(path, text)))
    surface_changes(FileChange(path, document(path, text), document(path, "")))
