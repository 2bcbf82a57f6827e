// What counts in JavaScript.
function conditions(a, b = 1, { c = 2 } = {}, ...rest) { // expect: conditions function cyclomatic=7 cognitive=9 nesting=2 parameters=4
  if (a && b || c) {
    while (a) b();
  } else if (b) {
    return a ? b : c;
  } else {
    return rest;
  }
}

async function loops(items) { // expect: loops function cyclomatic=7 cognitive=13 nesting=4 parameters=1
  outer: for (const item of items) {
    for (let i = 0; i < 3; i++) {
      do {
        if (item) continue outer;
      } while (item);
    }
  }
  for (const key in items) key();
  try {
    items();
  } catch (error) {
    throw error;
  }
}

const choose = (kind) => { // expect: choose function cyclomatic=3 cognitive=1 nesting=1 parameters=1
  switch (kind) {
    case 1: return "one";
    case 2: return "two";
    default: return "many";
  }
};

const increment = x => x + 1; // expect: increment function cyclomatic=1 cognitive=0 nesting=0 parameters=1

function shorthand(a) { // expect: shorthand function cyclomatic=4 cognitive=0 nesting=0 parameters=1
  a ||= 1;
  a &&= 2;
  return a ?? 3;
}

function fact(n) { // expect: fact function cyclomatic=2 cognitive=2 nesting=0 parameters=1
  return n < 2 ? 1 : n * fact(n - 1);
}

function later(done) { // expect: later function cyclomatic=2 cognitive=3 nesting=1 parameters=1
  if (done) done();
  setTimeout(function () { // expect: later.<anonymous> lambda cyclomatic=2 cognitive=1 nesting=1 parameters=0
    if (done) done();
  });
}

class Account {
  #limit = 1;
  static open = () => new Account(); // expect: Account.open method cyclomatic=1 cognitive=0 nesting=0 parameters=0
  get balance() { return this.#limit || 0; } // expect: Account.balance method cyclomatic=2 cognitive=1 nesting=0 parameters=0
  pay(n) { return n ? this.pay(n - 1) : 0; } // expect: Account.pay method cyclomatic=2 cognitive=2 nesting=0 parameters=1
  drop(n) { return other.drop(n); } // expect: Account.drop method cyclomatic=1 cognitive=0 nesting=0 parameters=1
}

const Named = class {
  run() {} // expect: Named.run method cyclomatic=1 cognitive=0 nesting=0 parameters=0
};

const api = {
  get() { return 1; }, // expect: get function cyclomatic=1 cognitive=0 nesting=0 parameters=0
  post: function* () {}, // expect: post function cyclomatic=1 cognitive=0 nesting=0 parameters=0
  "user-agent": () => 1, // expect: user-agent function cyclomatic=1 cognitive=0 nesting=0 parameters=0
};
exports.handler = async function (event) { // expect: handler function cyclomatic=3 cognitive=1 nesting=0 parameters=1
  return event && event.body && event.path;
};
function fallback(then = () => 1) {} // expect: fallback function cyclomatic=1 cognitive=0 nesting=0 parameters=1; fallback.<anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=0
export default () => null; // expect: <anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=0
