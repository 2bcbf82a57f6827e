"""Evidence of schema changes, from small changes shaped like real ones."""

from __future__ import annotations

import re

import pytest

from escalation.analysis.change import FileChange
from escalation.analysis.evidence import Evidence
from escalation.analysis.schema.changes import schema_evidence
from escalation.syntax.language import language_of_path
from escalation.text.document import Document


def changed(path: str, before: str | None, after: str | None) -> FileChange:
    language = language_of_path(path)
    id = language.id if language else ""

    def document(text: str | None) -> Document | None:
        return None if text is None else Document.of(text, language=id)

    return FileChange(path, document(before), document(after))


def judged(path: str, before: str | None, after: str | None) -> tuple[Evidence, ...]:
    return schema_evidence(changed(path, before, after))


DJANGO = """from django.db import models

class User(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(
        unique=True,
        null=True,
    )

    def label(self):
        return self.name
"""
SQLALCHEMY = """from sqlalchemy.orm import Mapped, mapped_column

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
"""
CORE = """from sqlalchemy import Table, Column, Integer

users = Table(
    "users", metadata,
    Column("id", Integer, primary_key=True),
    Column("age", Integer),
)
"""
JPA = """import jakarta.persistence.*;

@Entity
@Table(name = "users")
public class User {
    @Id
    private Long id;
    @Column(name = "mail", nullable = true)
    private String mail;

    public String getMail() { return mail; }
}
"""
TYPEORM = """import { Entity, Column } from "typeorm";

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 80, nullable: true })
  name: string;

  greet() { return this.name; }
}
"""
MONGOOSE = """const mongoose = require("mongoose");
const userSchema = new mongoose.Schema({
  name: { type: String, required: true },
  age: Number,
});
"""
GORM = """package model

type User struct {
\tID   uint   `gorm:"primaryKey"`
\tName string `gorm:"size:80"`
}
"""
EF = """using System.ComponentModel.DataAnnotations.Schema;

[Table("users")]
public class User
{
    public int Id { get; set; }
    public string? Name { get; set; }
}
"""
PROTO = """syntax = "proto3";
package a.b;

message User {
  string name = 1;
  int32 age = 2;  // years
  repeated string tags = 3;
}

service Users {
  rpc Get (GetRequest) returns (User);
}
"""
GRAPHQL = """type User {
  id: ID!
  name: String
  posts(first: Int): [Post!]!
}

input NewUser {
  name: String!
}
"""
PRISMA = """model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
}
"""
RAILS = """ActiveRecord::Schema[7.1].define(version: 2024_01_01_000000) do
  create_table "users", force: :cascade do |t|
    t.string "email", null: false
    t.integer "age"
    t.index ["email"], name: "ix"
  end
end
"""
OPENAPI = """openapi: 3.0.0
info:
  title: Users
paths:
  /users/{id}:
    get:
      operationId: getUser
      responses:
        '200':
          description: OK
components:
  schemas:
    User:
      type: object
      properties:
        name:
          type: string
        age:
          type: integer
"""
THRIFT = """struct User {
  1: required string name,
  2: optional i32 age,
}
"""
DIESEL = """diesel::table! {
    users (id) {
        id -> Int4,
        name -> Varchar,
    }
}
"""
AVRO = """{
  "type": "record",
  "name": "User",
  "fields": [
    {"name": "id", "type": "long"},
    {"name": "mail", "type": ["null", "string"], "default": null}
  ]
}
"""
SQL = """CREATE TABLE users (
  id bigint PRIMARY KEY,
  name text,
  age int
);
"""

# path, text, what is replaced, by what, then of the weightiest evidence: its words, its line, destructive or
# not.
EDITS = [
    (
        "app/models.py",
        DJANGO,
        "80",
        "120",
        r"changes the definition of the field User.name \(Django\)",
        4,
        False,
    ),
    ("app/models.py", DJANGO, "        null=True,\n", "", "makes the field User.email required", 5, True),
    (
        "app/models.py",
        DJANGO,
        "    name = models.CharField(max_length=80)\n",
        "",
        "removes the field User.name",
        4,
        True,
    ),
    (
        "app/models.py",
        DJANGO,
        "name = models.Char",
        "title = models.Char",
        "renames the field User.name to User.title",
        4,
        True,
    ),
    (
        "app/models.py",
        DJANGO,
        "name = models.CharField",
        "name = models.TextField",
        "changes the type of User.name",
        4,
        True,
    ),
    (
        "app/models.py",
        DJANGO,
        "\n    def label",
        "    age = models.IntegerField()\n\n    def label",
        "adds the required field User.age",
        9,
        True,
    ),
    (
        "app/models.py",
        DJANGO,
        "\n    def label",
        "    age = models.IntegerField(null=True)\n    def label",
        "adds the field User.age",
        9,
        False,
    ),
    ("app/models.py", DJANGO, "return self.name", "return self.name.title()", None, 0, False),
    (
        "app/models.py",
        DJANGO,
        "User(models.Model)",
        "UserForm(forms.ModelForm)",
        "removes User with all its fields",
        4,
        True,
    ),
    ("db.py", SQLALCHEMY, "Mapped[str]", "Mapped[int]", "changes the type of User.name", 6, True),
    (
        "db.py",
        SQLALCHEMY,
        "    name: M",
        "    mail: Mapped[str | None] = mapped_column()\n    name: M",
        "adds the field User.mail",
        6,
        False,
    ),
    ("db.py", CORE, '"age", Integer', '"age", String(3)', "changes the type of users.age", 6, True),
    (
        "src/User.java",
        JPA,
        "private String mail",
        "private Integer mail",
        "changes the type of User.mail",
        8,
        True,
    ),
    (
        "src/User.java",
        JPA,
        "nullable = true",
        "nullable = false",
        "makes the field User.mail required",
        8,
        True,
    ),
    ("src/User.java", JPA, "return mail;", "return mail.trim();", None, 0, False),
    ("src/user.ts", TYPEORM, "name: string", "name: number", "changes the type of User.name", 8, True),
    (
        "src/user.ts",
        TYPEORM,
        "  greet()",
        "  @Column()\n  age: number;\n\n  greet()",
        "adds the required field User.age",
        11,
        True,
    ),
    ("src/user.ts", TYPEORM, "return this.name", "return this.name!", None, 0, False),
    ("user.js", MONGOOSE, "age: Number", "age: String", "changes the type of userSchema.age", 4, True),
    ("user.go", GORM, "size:80", "size:120", "changes the definition of the field User.Name", 5, False),
    ("user.go", GORM, "Name string", "Name int64", "changes the type of User.Name", 5, True),
    ("User.cs", EF, "    public string? Name { get; set; }\n", "", "removes the field User.Name", 7, True),
    ("a.proto", PROTO, "= 2;", "= 4;", r"gives the field User.age another number \(2 → 4\)", 6, True),
    ("a.proto", PROTO, "  int32 age = 2;  // years\n", "", "removes the field User.age", 6, True),
    (
        "a.proto",
        PROTO,
        "  int32 age = 2;  // years\n",
        "  reserved 2;\n",
        "whose number is reserved",
        6,
        False,
    ),
    ("a.proto", PROTO, "int32 age", "string age", "changes the type of User.age", 6, True),
    ("a.proto", PROTO, "// years", "// in years", None, 0, False),
    ("a.proto", PROTO, "(User)", "(Person)", "changes the type of Users.Get", 11, True),
    ("a.proto", PROTO, "tags = 3;\n", "tags = 3;\n  bool ok = 5;\n", "adds the field User.ok", 8, False),
    ("a.graphql", GRAPHQL, "  name: String\n", "", "removes the field User.name", 3, True),
    (
        "a.graphql",
        GRAPHQL,
        "name: String!",
        "name: String!\n  age: Int!",
        "adds the required field NewUser.age",
        9,
        True,
    ),
    ("a.graphql", GRAPHQL, "first: Int", "last: Int", "changes the type of User.posts", 4, True),
    (
        "prisma/schema.prisma",
        PRISMA,
        "name  String?",
        "name  String",
        "changes the type of User.name",
        4,
        True,
    ),
    ("prisma/schema.prisma", PRISMA, "}\n", "  age Int\n}\n", "adds the required field User.age", 5, True),
    ("db/schema.rb", RAILS, '    t.integer "age"\n', "", "removes the field users.age", 4, True),
    (
        "api/openapi.yaml",
        OPENAPI,
        "/users/{id}:",
        "/people/{id}:",
        r"removes the path paths//users/\{id\}",
        5,
        True,
    ),
    (
        "docs/openapi.yaml",
        OPENAPI,
        "type: integer",
        "type: string",
        "changes the type at .*/age/type",
        19,
        True,
    ),
    ("api/openapi.yaml", OPENAPI, "title: Users", "title: People", None, 0, False),
    ("api/openapi.yaml", OPENAPI, "    get:\n", "    put:\n", "removes the operation .*/get", 6, True),
    ("a.thrift", THRIFT, "2: optional", "3: optional", "another number", 3, True),
    ("src/schema.rs", DIESEL, "Varchar", "Nullable<Varchar>", "changes the type of users.name", 4, True),
    ("a.avsc", AVRO, '"long"', '"int"', "changes the type of id", 5, True),
    ("db/tables.sql", SQL, "age int", "age bigint", "changes the definition of table users", 4, False),
    (
        "db/tables.sql",
        SQL,
        "  age int\n",
        "",
        "changes the definition of table users, removing lines",
        4,
        True,
    ),
    ("db/tables.sql", SQL, SQL, "SELECT 1;\n", "removes what creates table users", 1, True),
]


@pytest.mark.parametrize(("path", "text", "old", "new", "what", "line", "destructive"), EDITS)
def test_edit(*, path: str, text: str, old: str, new: str, what: str | None, line: int, destructive: bool) -> None:
    assert old in text
    found = judged(path, text, text.replace(old, new, 1))
    if what is None:
        assert found == ()
        return
    top = max(found, key=lambda item: item.weight)
    assert re.search(what, top.what), found
    assert top.start_line == line
    assert top.what.endswith("(destructive)") is destructive


# A statement, what it says and whether it destroys, as an SQL file and inside a string of code.
STATEMENTS = [
    ("DROP TABLE IF EXISTS users CASCADE", "drops table users", 1.0, True),
    ("drop index ix_a", "drops index ix_a", 0.6, True),
    ("TRUNCATE users", "empties table users", 0.95, True),
    ('ALTER TABLE "users" DROP COLUMN "age"', "drops column age", 1.0, True),
    (
        "ALTER TABLE users ADD COLUMN age int NOT NULL",
        "adds column age NOT NULL without a default",
        0.9,
        True,
    ),
    ("ALTER TABLE users ADD age numeric(10, 2) NOT NULL DEFAULT 0", "adds column age", 0.65, False),
    ("ALTER TABLE users ALTER COLUMN age TYPE bigint", "changes the type of column age", 0.9, True),
    ("ALTER TABLE users ALTER COLUMN age SET NOT NULL", "makes column age NOT NULL", 0.85, True),
    ("ALTER TABLE users ALTER COLUMN age DROP NOT NULL", "drops NOT NULL", 0.6, False),
    ("ALTER TABLE users MODIFY COLUMN age bigint", "changes the type of column age", 0.9, True),
    ("ALTER TABLE users RENAME COLUMN age TO years", "renames age to years", 0.9, True),
    ("ALTER TABLE a RENAME TO b", "renames to b", 0.9, True),
    (
        "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES b",
        "adds FOREIGN KEY constraint fk",
        0.7,
        False,
    ),
    ("ALTER TABLE users OWNER TO admin", "alters table users", 0.6, False),
    ("CREATE TABLE IF NOT EXISTS users (id int)", "creates table users", 0.65, False),
    ("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (a)", "creates index ix", 0.5, False),
    (
        "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ BEGIN DROP TABLE x; END $$ LANGUAGE plpgsql",
        "creates function f",
        0.55,
        False,
    ),
    ("CREATE TYPE mood AS ENUM ('a', 'b')", "creates type mood", 0.55, False),
]


@pytest.mark.parametrize(("statement", "what", "weight", "destructive"), STATEMENTS)
def test_statement(statement: str, what: str, weight: float, destructive: bool) -> None:
    suffix = " (destructive)" if destructive else ""
    (found,) = judged("db/x.sql", "SELECT 1;\n", f"SELECT 1;\n{statement};\n")
    assert (found.what, found.weight, found.start_line, found.end_line) == (what + suffix, weight, 2, 2)
    (found,) = judged("src/db.py", "x = 1\n", f'x = 1\ncursor.execute("""\n    {statement}\n""")\n')
    assert (found.what, found.weight, found.start_line) == (f"SQL in code {what}{suffix}", weight, 3)


LITERALS = [
    ("a.py", 'run("CREATE TABLE a (b int)")'),
    ("a.py", 'run("ALTER TABLE a "\n    "DROP COLUMN b")'),
    ("a.js", "db.query(`DROP TABLE a`)"),
    ("a.ts", "db.query('DROP TABLE a')"),
    ("a.go", "package a\nfunc f() { db.Exec(`DROP TABLE a`) }"),
    ("A.java", 'class A { void f() { s.execute("DROP TABLE a"); } }'),
    ("a.kt", 'fun f() { db.execSQL("DROP TABLE a") }'),
    ("a.rb", "execute <<~SQL\n  DROP TABLE a\nSQL\n"),
    ("a.php", '<?php $db->exec("DROP TABLE a");'),
    ("A.cs", 'class A { void F() { db.Execute("DROP TABLE a"); } }'),
    ("a.rs", 'fn f() { db.execute("DROP TABLE a"); }'),
    ("a.c", 'void f(void) { run("DROP TABLE a"); }'),
    ("a.sh", 'psql -c "DROP TABLE a"'),
]


@pytest.mark.parametrize(("path", "text"), LITERALS)
def test_statement_in_a_string_of_every_language(path: str, text: str) -> None:
    (found,) = judged(path, "", text)
    assert found.what.startswith("SQL in code ")


PROSE = [
    ("a.py", "# DROP TABLE users\nx = 1\n"),
    ("a.py", '"""DROP TABLE users"""\n'),
    ("a.py", 'def f():\n    """CREATE TABLE users (x)."""\n'),
    ("a.py", 'raise ValueError("could not drop table users")\n'),
    ("a.sql", "-- DROP TABLE users;\nSELECT 1;\n/* ALTER TABLE a DROP b; */\n"),
    ("a.sql", "INSERT INTO log VALUES ('DROP TABLE users');\n"),
    ("a.md", "    DROP TABLE users;\n"),
    ("tests/test_db.py", 'run("DROP TABLE users")\n'),
    ("vendor/x/a.sql", "DROP TABLE users;\n"),
    ("forms.py", "from django import forms\n\nclass F(forms.Form):\n    name = forms.CharField()\n"),
    ("a.py", "class Column:\n    pass\n\ndef create_table(x):\n    drop_table(x)\n"),
    ("a.yaml", "type: string\nrequired: true\n"),
]


@pytest.mark.parametrize(("path", "text"), PROSE)
def test_what_only_speaks_of_schemas_is_silent(path: str, text: str) -> None:
    assert judged(path, None, text) == ()


def test_unchanged_statements_are_silent() -> None:
    text = 'run("DROP TABLE a")\n\n\nx = 1\n'
    assert judged("a.py", text, text.replace("x = 1", "x = 2")) == ()


MIGRATIONS = [
    (
        "shop/migrations/0002_x.py",
        "from django.db import migrations\nclass Migration(migrations.Migration):\n"
        "    operations = [\n        migrations.RemoveField(\n            model_name='user',\n"
        "            name='age',\n        ),\n    ]\n",
        "Django",
        "drops column user.age",
        4,
    ),
    (
        "alembic/versions/ab12_x.py",
        'down_revision = "1"\n\ndef upgrade():\n    op.drop_column("users", "age")\n\n'
        'def downgrade():\n    op.drop_table("never")\n',
        "Alembic",
        "drops column users.age",
        4,
    ),
    (
        "alembic/versions/ab12_x.py",
        'down_revision = "1"\n\ndef upgrade():\n'
        '    op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))\n',
        "Alembic",
        "adds column users.age NOT NULL without a default",
        4,
    ),
    (
        "db/migrate/20240101_x.rb",
        "class X < ActiveRecord::Migration[7.1]\n  def change\n    remove_column :users, :age, :integer\n  end\nend\n",
        "Rails",
        "drops column users.age",
        3,
    ),
    ("db/migration/V2__x.sql", "ALTER TABLE users DROP COLUMN age;\n", "Flyway", "drops column age", 1),
    (
        "db/changelog/db.changelog-1.xml",
        '<databaseChangeLog>\n  <changeSet id="1" author="a">\n'
        '    <dropColumn tableName="users" columnName="age"/>\n'
        '    <rollback><dropTable tableName="x"/></rollback>\n  </changeSet>\n'
        "</databaseChangeLog>\n",
        "Liquibase",
        "drops column users.age",
        3,
    ),
    ("prisma/migrations/2024_x/migration.sql", "ALTER TABLE users DROP COLUMN age;\n", "Prisma", "drops column age", 1),
    (
        "migrations/2024_x.js",
        "exports.up = (knex) => knex.schema.table('users', (t) => {\n  t.dropColumn('age');\n});\n"
        "exports.down = (knex) => knex.schema.dropTable('never');\n",
        "Knex",
        "drops column age",
        2,
    ),
    (
        "src/migration/1-X.ts",
        "export class X1 implements MigrationInterface {\n  async up(queryRunner: QueryRunner) {\n"
        "    await queryRunner.dropColumn('users', 'age');\n  }\n"
        "  async down(queryRunner: QueryRunner) {\n    await queryRunner.dropTable('never');\n  }\n"
        "}\n",
        "TypeORM",
        "drops column users.age",
        3,
    ),
    (
        "migrations/1-x.js",
        "module.exports = {\n  async up(queryInterface) {\n"
        "    await queryInterface.removeColumn('users', 'age');\n  },\n"
        "  async down(queryInterface) {\n    await queryInterface.dropTable('never');\n  },\n};\n",
        "Sequelize",
        "drops column users.age",
        3,
    ),
    (
        "database/migrations/2024_x.php",
        "<?php\nreturn new class extends Migration {\n  public function up(): void {\n"
        "    Schema::table('users', function (Blueprint $table) {\n"
        "      $table->dropColumn('age');\n    });\n  }\n"
        "  public function down(): void { Schema::drop('never'); }\n};\n",
        "Laravel",
        "drops column age",
        5,
    ),
    (
        "Migrations/20240101_X.cs",
        "public partial class X : Migration {\n  protected override void Up(MigrationBuilder b) {\n"
        '    b.DropColumn(name: "Age", table: "Users");\n  }\n'
        '  protected override void Down(MigrationBuilder b) {\n    b.DropTable(name: "Never");\n'
        "  }\n}\n",
        "EF Core",
        "drops column Users.Age",
        3,
    ),
    ("migrations/000001_x.up.sql", "DROP TABLE a;\n", "golang-migrate", "drops table a", 1),
    ("migrations/2024_x/up.sql", "DROP TABLE a;\n", "Diesel", "drops table a", 1),
    (
        "migrations/1_x.sql",
        "-- +goose Up\nDROP TABLE a;\n-- +goose Down\nDROP TABLE never;\n",
        "goose",
        "drops table a",
        2,
    ),
    (
        "db/migrations/1_x.sql",
        "-- migrate:up\nDROP TABLE a;\n-- migrate:down\nDROP TABLE never;\n",
        "dbmate",
        "drops table a",
        2,
    ),
    ("db/migrations/007.sql", "DROP TABLE a;\n", "SQL", "drops table a", 1),
]


@pytest.mark.parametrize(("path", "text", "framework", "what", "line"), MIGRATIONS)
def test_new_migration(path: str, text: str, framework: str, what: str, line: int) -> None:
    found = judged(path, None, text)
    assert any(item.what == f"adds a migration ({framework})" for item in found), found
    destructive = [(item.what, item.start_line) for item in found if item.what.endswith("(destructive)")]
    assert destructive == [(f"{what} (destructive)", line)]


def test_existing_migration_weighs_more_when_edited_and_most_when_deleted() -> None:
    path, text = "db/migration/V2__x.sql", "CREATE TABLE a (id int);\nCREATE INDEX i ON a (id);\n"
    (added, *_) = judged(path, None, text)
    (edited, *_) = judged(path, text, text.replace("id int", "id bigint"))
    (deleted,) = judged(path, text, None)
    assert added.weight < edited.weight < deleted.weight
    assert "may have run already" in edited.what


def test_an_edit_outside_of_the_operations_weighs_less() -> None:
    text = (
        'down_revision = "1"\n\n\ndef upgrade():\n    op.create_table(\n        "a",\n        sa.Column("b"),\n    )\n'
    )
    (outside,) = judged("v/1_x.py", text, text.replace("def upgrade()", "def upgrade() -> None"))
    (inside,) = judged("v/1_x.py", text, text.replace('"b"', '"c"'))
    assert (outside.what, outside.start_line) == ("edits a migration outside of its operations (Alembic)", 4)
    assert (inside.what, inside.start_line) == ("edits a migration that may have run already (Alembic)", 7)
    assert outside.weight < inside.weight


def test_down_migration_destroys_nothing() -> None:
    (found,) = judged("migrations/000001_x.down.sql", None, "DROP TABLE a;\n")
    assert found.what == "adds a migration (golang-migrate)"


def test_evidence_is_bounded_and_ordered() -> None:
    text = "".join(f"DROP TABLE t{i};\n" for i in range(200))
    found = judged("db/migrations/001.sql", None, text)
    assert len(found) == 20
    assert [item.start_line for item in found] == sorted(item.start_line for item in found)


@pytest.mark.parametrize(
    "path", ["a.proto", "a.sql", "a.graphql", "models.py", "openapi.json", "db/schema.rb", "a.avsc"]
)
@pytest.mark.parametrize(
    "text", ["", "\0\1\2", "message {{{{", "type A {" * 500, "CREATE TABLE " * 500, '"' * 999, "é" * 99]
)
def test_broken_input_is_only_silent(path: str, text: str) -> None:
    judged(path, "", text)
    judged(path, text, "")


WIDE_OR_DEEP = [
    ("a.sql", "/*" * 100_000),
    ("a.sql", "GRANT " + " " * 100_000),
    ("a.sql", "ALTER TABLE a " + "ADD b int, " * 20_000),
    ("a.sql", "; $$" * 50_000),
    ("a.proto", "message A {" * 20_000),
    ("a.proto", "".join(f"message M{i} {{ int32 a = 1; }}\n" for i in range(10_000))),
    ("x/versions/a.py", "down_revision = 1\n" + "op.create_table(" * 10_000),
    ("models.py", "from django.db import models\nclass A:\n" + "    a = models.CharField(\n" * 2_000),
    ("A.java", "@Entity class A { private " + "final " * 20_000 + "int a; }"),
    ("openapi.yaml", "openapi: 3.0\n" + "a:\n" * 50_000),
]


@pytest.mark.parametrize(("path", "text"), WIDE_OR_DEEP)
def test_no_text_takes_more_than_linear_effort(path: str, text: str) -> None:
    judged(path, "", text)  # would not end in this life if it did
    judged(path, text, "")


def test_a_file_with_a_problem_gives_nothing() -> None:
    assert schema_evidence(FileChange("a.sql", problem="binary")) == ()
