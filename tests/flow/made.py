"""Secrets of every kind, made at random in their published shapes: nothing here is one, so no scanner need look."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

ALPHABETS = {
    "x": "0123456789abcdef",
    "X": digits + ascii_uppercase,
    "a": digits + ascii_lowercase,
    "A": digits + ascii_letters,
    "l": ascii_letters,
    "w": digits + ascii_letters + "_-",
    "b": digits + ascii_letters + "+/",
    "d": digits,
    "2": ascii_uppercase + "234567",
    "g": "023456789ACDEFGHJKLMNPQRSTUVWXYZ",
    "p": digits + ascii_letters + "!#%*+-_?",
}
_FIELD = re.compile(r"<(\w):(\d+)>")


def made(shape: str, chance: random.Random) -> str:
    """`<A:36>` stands for 36 characters of that alphabet."""
    return _FIELD.sub(lambda field: "".join(chance.choices(ALPHABETS[field[1]], k=int(field[2]))), shape)


# Told by their shape alone, wherever they stand. Split so that no line of ours looks like one.
SHAPES = {
    "AWS access key": "AK" + "IA<2:16>",
    "AWS session key": "AS" + "IA<2:16>",
    "AWS Bedrock key": "AB" + "SK<b:120>",
    "Google API key": "AI" + "za<w:35>",
    "Google client secret": "GOC" + "SPX-<w:28>",
    "Google access token": "ya" + "29.<w:80>",
    "Azure client secret": "<A:3>8" + "Q~<A:34>",
    "DigitalOcean": "dop" + "_v1_<x:64>",
    "Databricks": "da" + "pi<x:32>",
    "Heroku": "HR" + "KU-<w:60>",
    "Cloudflare": "cf" + "ut_<A:48>",
    "Alibaba": "LT" + "AI<A:20>",
    "Fly.io": "fo" + "1_<w:43>",
    "GitHub classic": "gh" + "p_<A:36>",
    "GitHub OAuth": "gh" + "o_<A:36>",
    "GitHub app": "gh" + "s_<A:36>",
    "GitHub fine-grained": "github" + "_pat_<A:22>_<A:59>",
    "GitLab": "gl" + "pat-<w:20>",
    "GitLab runner": "gl" + "rt-<w:20>",
    "Atlassian": "AT" + "ATT3<w:180>=<X:8>",
    "npm": "np" + "m_<A:36>",
    "PyPI": "py" + "pi-AgEIcHlwaS5vcmc<w:140>",
    "RubyGems": "ruby" + "gems_<x:48>",
    "Docker": "dckr" + "_pat_<w:27>",
    "CircleCI": "CCI" + "PAT_<A:22>_<x:40>",
    "Artifactory": "AK" + "Cp<A:69>",
    "Vault": "hv" + "s.<w:95>",
    "Terraform": "<A:14>.atl" + "asv1.<w:67>",
    "Pulumi": "pu" + "l-<x:40>",
    "Doppler": "dp" + ".pt.<A:43>",
    "Anthropic": "sk" + "-ant-api03-<w:93>AA",
    "OpenAI": "sk" + "-<A:20>T3BlbkFJ<A:20>",
    "OpenAI project": "sk" + "-proj-<w:74>T3BlbkFJ<w:74>",
    "OpenRouter": "sk" + "-or-v1-<x:64>",
    "Hugging Face": "hf" + "_<l:34>",
    "Groq": "gs" + "k_<A:52>",
    "xAI": "xa" + "i-<A:80>",
    "Slack bot": "xo" + "xb-<d:12>-<d:13>-<A:24>",
    "Slack user": "xo" + "xp-<d:12>-<d:12>-<d:13>-<x:32>",
    "Slack app": "xa" + "pp-1-A<X:10>-<d:13>-<x:64>",
    "Discord bot": "MT<A:24>.<A:6>.<w:38>",
    "Telegram": "<d:10>:A" + "A<w:33>",
    "Twilio": "S" + "K<x:32>",
    "SendGrid": "S" + "G.<w:22>.<w:43>",
    "Mailgun": "ke" + "y-<x:32>",
    "Brevo": "xkey" + "sib-<x:64>-<A:16>",
    "Stripe live": "sk" + "_live_<A:24>",
    "Stripe restricted": "rk" + "_live_<A:99>",
    "Stripe webhook": "wh" + "sec_<A:32>",
    "Square": "sq0" + "csp-<w:43>",
    "Shopify": "shp" + "at_<x:32>",
    "Braintree": "access" + "_token$production$<a:16>$<x:32>",
    "Linear": "lin" + "_api_<A:40>",
    "Notion": "nt" + "n_<A:46>",
    "New Relic": "NR" + "AK-<X:27>",
    "Grafana": "gl" + "sa_<A:32>_<x:8>",
    "Sentry": "sntr" + "yu_<x:64>",
    "Dynatrace": "dt0" + "c01.<X:24>.<X:64>",
    "Postman": "PM" + "AK-<x:24>-<x:34>",
    "HubSpot": "pat" + "-na1-<x:8>-<x:4>-<x:4>-<x:4>-<x:12>",
    "age": "AGE-SECRET" + "-KEY-1<g:58>",
    "JSON Web Token": "ey" + "J<A:30>.ey" + "J<A:120>.<w:43>",
    "bcrypt": "$2" + "b$12$<A:53>",
    "htpasswd": "$ap" + "r1$<A:8>$<A:22>",
    "crypt": "$" + "6$<A:16>$<A:86>",
}
PLACES = {
    "Python": 'client = Client("{}", retries=3)\n',
    "environment": "export LINE={}\n",
    "YAML": "services:\n  web:\n    value: {}\n",
    "JSON": '{{"a": 1, "value": "{}", "b": [2]}}\n',
    "shell": "curl -H 'X-Auth: {}' https://api.example.org/v1 | jq .\n",
    "comment": "// it was {} until May\n",
}

# Told by what stands beside them: the shape of the secret and where it stands.
NAMED = {
    "password in Python": ("<p:16>", 'connect(host, password="{}")\n'),
    "password in .env": ("<p:20>", "DB_HOST=db\nDB_PASSWORD={}\nDEBUG=1\n"),
    "password in YAML": ("<p:16>", "  db:\n    password: {}\n"),
    "password in JSON": ("<p:16>", '{{"user": "app", "dbPassword": "{}"}}\n'),
    "password of a colon": ("<p:14>", "passwd := `{}`\n"),
    "password in a connection": ("<A:18>", "Server=db;User Id=sa;Password={};Encrypt=true\n"),
    "password in XML": ("<p:16>", "<server><password>{}</password></server>\n"),
    "password in SQL": ("<A:16>", "CREATE USER app IDENTIFIED BY '{}';\n"),
    "password of a command": ("<A:16>", "mysqldump --password={} shop > dump.sql\n"),
    "password of a call": ("<p:16>", 'builder.setPassword("{}");\n'),
    "PostgreSQL URL": ("<p:16>", 'DATABASE_URL = "postgresql://app:{}@db.internal:5432/shop"\n'),
    "MongoDB URL": ("<A:20>", "MONGO_URL=mongodb+srv://app:{}@cluster0.abcde.mongodb.net/?retryWrites=true\n"),
    "Redis URL": ("<A:32>", "redis://:{}@cache:6379/0\n"),
    "basic auth URL": ("<A:14>", "git clone https://deploy:{}@git.example.org/app.git\n"),
    "token in a URL": ("<x:40>", "pip install git+https://{}@git.example.org/app.git\n"),
    "AWS secret key in .env": ("<b:40>", "AWS_SECRET_ACCESS_KEY={}\n"),
    "AWS secret key in Python": ("<b:40>", 'boto3.client("s3", aws_secret_access_key="{}")\n'),
    "AWS secret key in ini": ("<b:40>", "[default]\naws_secret_access_key = {}\n"),
    "Azure storage": (
        "<b:86>==",
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=core\n",
    ),
    "Azure bus": ("<b:43>=", "Endpoint=sb://shop.servicebus/;SharedAccessKeyName=Root;SharedAccessKey={}\n"),
    "Azure signature": ("<A:43>%3D", "https://shop.blob.core/c?sv=2024-01-01&se=2026-01-01&sr=b&sp=r&sig={}\n"),
    "Slack webhook": ("T<X:10>/B<X:10>/<A:24>", 'notify("https://hooks.slack.com/services/{}")\n'),
    "Discord webhook": ("<w:68>", "HOOK=https://discord.com/api/webhooks/112233445566778899/{}\n"),
    "Teams webhook": (
        "webhookb2/<x:8>-<x:27>@<x:36>/IncomingWebhook/<x:32>/<x:36>",
        "hook: https://shop.webhook.office.com/{}\n",
    ),
    "Twilio auth token": ("<x:32>", 'TWILIO_AUTH_TOKEN = "{}"\n'),
    "Datadog": ("<x:32>", "DD_API_KEY={}\n"),
    "Mailchimp": ("<x:32>-us14", 'mailchimp_api_key: "{}"\n'),
    "Cloudflare key": ("<x:37>", "CLOUDFLARE_API_KEY: {}\n"),
    "Heroku key": ("<x:8>-<x:4>-<x:4>-<x:4>-<x:12>", 'heroku_api_key = "{}"\n'),
    "Sentry": ("<x:32>", 'sentry_sdk.init(dsn="https://{}@o12345.ingest.sentry.io/67890")\n'),
    "secret of Django": ("<p:50>", "SECRET_KEY = '{}'\n"),
    "client secret": ("<A:40>", 'const config = {{ clientSecret: "{}" }};\n'),
    "token in YAML": ("<A:32>", "  auth_token: {}\n"),
    "token in TOML": ("<A:32>", 'token = "{}"\n'),
    "token of a query": ("<A:32>", "https://api.example.org/items?access_token={}&page=2\n"),
    "environment of a program": ("<A:32>", 'os.environ.setdefault("API_KEY", "{}")\n'),
    "typed constant": ("<A:32>", 'const API_KEY: &str = "{}";\n'),
    "bearer": ("<A:40>", "curl -H 'Authorization: Bearer {}' https://api.example.org\n"),
    "bearer in JavaScript": ("<A:40>", "headers: {{ Authorization: `Bearer {}` }}\n"),
    "basic": ("<A:31>=", '"Authorization": "Basic {}"\n'),
    ".netrc": ("<A:16>", "machine git.example.org login me password {}\n"),
    ".npmrc": ("<A:36>", "//registry.example.org/:_authToken={}\n"),
    "Docker": ("<b:40>", '{{"auths": {{"registry.example.org": {{"auth": "{}"}}}}}}\n'),
    "kubectl": ("LS0tLS1CRUdJTiBS<b:800>", "    client-key-data: {}\n"),
    "hash of Django": ("$600000$<A:22>$<b:43>=", "password: pbkdf2_sha256{}\n"),
    "JSON Web Key": ("<w:43>", '{{"kty": "EC", "crv": "P-256", "x": "abc", "d": "{}"}}\n'),
}


@dataclass(frozen=True)
class Case:
    """A secret in a text."""

    kind: str
    place: str
    secret: str
    text: str


def lines_of(data: str, width: int = 64) -> str:
    return "\n".join(data[at : at + width] for at in range(0, len(data), width))


def pem(kind: str, chance: random.Random, size: int = 1200) -> str:
    body = lines_of(base64.b64encode(chance.randbytes(size)).decode())
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"


BLOCKS: dict[str, Callable[[str], str]] = {
    "a file": lambda block: block + "\n",
    "a Python string": lambda block: f'KEY = """{block}"""\n',
    "a literal of one line": lambda block: f"const key = {json.dumps(block)};\n",
    "JSON": lambda block: json.dumps({"type": "service_account", "private_key": block + "\n", "client_id": "1"}),
    "YAML": lambda block: "key: |\n" + "".join(f"  {line}\n" for line in block.split("\n")) + "next: 1\n",
    "strings that are joined": lambda block: "".join(f'    "{line}\\n"\n' for line in block.split("\n")),
    "Windows": lambda block: block.replace("\n", "\r\n"),
}
KINDS_OF_KEY = tuple(
    f"{kind}PRIVATE KEY{rest}"
    for kind, rest in [("", ""), ("RSA ", ""), ("EC ", ""), ("OPENSSH ", ""), ("ENCRYPTED ", ""), ("PGP ", " BLOCK")]
)


def cases(seed: int) -> Iterator[Case]:
    """One of each kind in each place."""
    chance = random.Random(seed)
    for kind, shape in SHAPES.items():
        for place, text in PLACES.items():
            secret = made(shape, chance)
            yield Case(kind, place, secret, text.format(secret))
    for kind, (shape, text) in NAMED.items():
        secret = made(shape, chance)
        yield Case(kind, "", secret, text.format(secret))
    for kind in KINDS_OF_KEY:
        for place, text in BLOCKS.items():
            block = pem(kind, chance)
            yield Case(kind, place, block.split("\n")[7], text(block))
