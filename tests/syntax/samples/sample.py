"""What counts in Python."""


class Account(Base if Base else object):
    flag = 1 if Base else 2

    @retry(1 if Base else 2)
    def pay(self, amount, /, reason=(1 or 2), *rest, **options):  # expect: Account.pay method cyclomatic=12 cognitive=14 nesting=2 parameters=5
        for item in rest:
            if item and amount or reason:
                continue
            elif item:
                break
            else:
                return lambda x: x if x else 1
        else:
            self.pay(1)
        while amount:
            pass
        return [x for x in rest if x if not amount]

    async def load(self):  # expect: Account.load method cyclomatic=4 cognitive=3 nesting=1 parameters=1
        try:
            async with self as s, s as t:
                assert s and t
        except (A, B):
            raise
        else:
            pass
        finally:
            pass


def match(value):  # expect: match function cyclomatic=4 cognitive=3 nesting=2 parameters=1
    match value:
        case [x] if x > 1:
            return 1
        case {"name": _}:
            if value:
                return 2
        case _:
            return 3


def decorator(f):  # expect: decorator function cyclomatic=1 cognitive=1 nesting=0 parameters=1
    def inner(*args):  # expect: decorator.inner closure cyclomatic=2 cognitive=1 nesting=1 parameters=1
        if args:
            return f(*args)
        return None

    return inner
