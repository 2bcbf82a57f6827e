"""The examples of SonarSource's white paper “Cognitive Complexity” (version 1.7), with the figures it gives them."""

from __future__ import annotations

import pytest

from escalation.analysis.complexity import measure
from escalation.syntax.tree import parse
from escalation.text.document import Document

SUM_OF_PRIMES = """
int sumOfPrimes(int max) {
  int total = 0;
  OUT: for (int i = 1; i <= max; ++i) {
    for (int j = 2; j < i; ++j) {
      if (i % j == 0) {
        continue OUT;
      }
    }
    total += i;
  }
  return total;
}
"""
GET_WORDS = """
String getWords(int number) {
  switch (number) {
    case 1: return "one";
    case 2: return "a couple";
    case 3: return "a few";
    default: return "lots";
  }
}
"""
SEQUENCES = """
boolean f() {
  if (a
      && b && c
      || d || e
      && f) { }
}
"""
NEGATED = """
boolean f() {
  if (a
      &&
      !(b && c)) { }
}
"""
MY_METHOD = """
void myMethod() {
  try {
    if (condition1) {
      for (int i = 0; i < 10; i++) {
        while (condition2) { }
      }
    }
  } catch (ExcepType1 | ExcepType2 e) {
    if (condition2) { }
  }
}
"""
MY_METHOD_2 = """
void myMethod2() {
  Runnable r = () -> {
    if (condition1) { }
  };
}
"""
OVERRIDDEN_SYMBOL_FROM = """
private MethodJavaSymbol overriddenSymbolFrom(ClassJavaType classType) {
  if (classType.isUnknown()) {
    return Symbols.unknownMethodSymbol;
  }
  boolean unknownFound = false;
  List<JavaSymbol> symbols = classType.getSymbol().members().lookup(name);
  for (JavaSymbol overrideSymbol : symbols) {
    if (overrideSymbol.isKind(JavaSymbol.MTH)
        && !overrideSymbol.isStatic()) {
      MethodJavaSymbol methodJavaSymbol = (MethodJavaSymbol) overrideSymbol;
      if (canOverride(methodJavaSymbol)) {
        Boolean overriding = checkOverridingParameters(methodJavaSymbol, classType);
        if (overriding == null) {
          if (!unknownFound) {
            unknownFound = true;
          }
        } else if (overriding) {
          return methodJavaSymbol;
        }
      }
    }
  }
  if (unknownFound) {
    return Symbols.unknownMethodSymbol;
  }
  return null;
}
"""
ADD_VERSION = """
private void addVersion(final Entry entry, final Transaction txn)
    throws PersistitInterruptedException, RollbackException {
  final TransactionIndex ti = _persistit.getTransactionIndex();
  while (true) {
    try {
      synchronized (this) {
        if (frst != null) {
          if (frst.getVersion() > entry.getVersion()) {
            throw new RollbackException();
          }
          if (txn.isActive()) {
            for (Entry e = frst; e != null; e = e.getPrevious()) {
              final long version = e.getVersion();
              final long depends = ti.wwDependency(version,
                  txn.getTransactionStatus(), 0);
              if (depends == TIMED_OUT) {
                throw new WWRetryException(version);
              }
              if (depends != 0
                  && depends != ABORTED) {
                throw new RollbackException();
              }
            }
          }
        }
        entry.setPrevious(frst);
        frst = entry;
        break;
      }
    } catch (final WWRetryException re) {
      try {
        final long depends = _persistit.getTransactionIndex()
            .wwDependency(re.getVersionHandle(), txn.getTransactionStatus(),
                SharedResource.DEFAULT_MAX_WAIT_TIME);
        if (depends != 0
            && depends != ABORTED) {
          throw new RollbackException();
        }
      } catch (final InterruptedException ie) {
        throw new PersistitInterruptedException(ie);
      }
    } catch (final InterruptedException ie) {
      throw new PersistitInterruptedException(ie);
    }
  }
}
"""
TO_REGEXP = """
private static String toRegexp(String antPattern, String directorySeparator) {
  final String escapedDirectorySeparator = '\\\\' + directorySeparator;
  final StringBuilder sb = new StringBuilder(antPattern.length());
  sb.append('^');
  int i = antPattern.startsWith("/") || antPattern.startsWith("\\\\") ? 1 : 0;
  while (i < antPattern.length()) {
    final char ch = antPattern.charAt(i);
    if (SPECIAL_CHARS.indexOf(ch) != -1) {
      sb.append('\\\\').append(ch);
    } else if (ch == '*') {
      if (i + 1 < antPattern.length() && antPattern.charAt(i + 1) == '*') {
        if (i + 2 < antPattern.length() && isSlash(antPattern.charAt(i + 2))) {
          sb.append("(?:.*").append(escapedDirectorySeparator).append("|)");
          i += 2;
        } else {
          sb.append(".*");
          i += 1;
        }
      } else {
        sb.append("[^").append(escapedDirectorySeparator).append("]*?");
      }
    } else if (ch == '?') {
      sb.append("[^").append(escapedDirectorySeparator).append("]");
    } else if (isSlash(ch)) {
      sb.append(escapedDirectorySeparator);
    } else {
      sb.append(ch);
    }
    i++;
  }
  sb.append('$');
  return sb.toString();
}
"""
DECLARATIVE = """
(function () {
  var foo;
  bar.myFun = function () {
    if (condition) { }
  };
});
"""
NOT_DECLARATIVE = """
(function () {
  var foo;
  if (condition) { }
  bar.myFun = function () {
    if (condition) { }
  };
});
"""
DECORATOR = """
def a_decorator(a, b):
    def inner(func):
        if condition:
            print(b)
        func()
    return inner
"""
NOT_A_DECORATOR = """
def not_a_decorator(a, b):
    my_var = a * b
    def inner(func):
        if condition:
            print(b)
        func()
    return inner
"""
PLATFORM = """
void f(void) {
#if A
  a();
#else
  b();
#endif
  goto end;
end:;
}
"""

JAVA = {
    "sumOfPrimes": (SUM_OF_PRIMES, 7),
    "getWords": (GET_WORDS, 1),
    "like operators in sequence": (SEQUENCES, 4),
    "a negated group": (NEGATED, 3),
    "myMethod": (MY_METHOD, 9),
    "myMethod2": (MY_METHOD_2, 2),
    "overriddenSymbolFrom": (OVERRIDDEN_SYMBOL_FROM, 19),
    "addVersion": (ADD_VERSION, 35),
    "toRegexp": (TO_REGEXP, 20),
}
OTHERS = {
    "a declarative outer function": ("javascript", DECLARATIVE, 1),
    "an outer function that does more": ("javascript", NOT_DECLARATIVE, 3),
    "a decorator": ("python", DECORATOR, 1),
    "not a decorator": ("python", NOT_A_DECORATOR, 2),
    "conditional compilation and goto": ("c", PLATFORM, 3),
}


def cognitive(language: str, text: str) -> int:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    assert not tree.root.has_error
    return measure(tree).functions[0].cognitive


@pytest.mark.parametrize(("text", "figure"), JAVA.values(), ids=JAVA)
def test_an_example_in_java(text: str, figure: int) -> None:
    assert cognitive("java", f"class Example {{{text}}}") == figure


@pytest.mark.parametrize(("language", "text", "figure"), OTHERS.values(), ids=OTHERS)
def test_an_example_in_another_language(language: str, text: str, figure: int) -> None:
    assert cognitive(language, text) == figure
