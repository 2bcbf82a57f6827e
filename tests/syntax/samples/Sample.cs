// What counts in C#.
namespace Shop {
    class Account {
        Account(int size) : base(size) { } // expect: Account.Account method cyclomatic=1 cognitive=0 nesting=0 parameters=1
        ~Account() { } // expect: Account.Account method cyclomatic=1 cognitive=0 nesting=0 parameters=0
        int Balance { get { return size > 0 ? size : 0; } set => size = value; } // expect: Account.Balance.get method cyclomatic=2 cognitive=1 nesting=0 parameters=0; Account.Balance.set method cyclomatic=1 cognitive=0 nesting=0 parameters=0
        int Limit { get; set; }
        bool Empty => size == 0 || Limit == 0; // expect: Account.Empty method cyclomatic=2 cognitive=1 nesting=0 parameters=0
        int this[int i] { get { return i; } } // expect: Account.this.get method cyclomatic=1 cognitive=0 nesting=0 parameters=0
        public static Account operator +(Account a, Account b) => a ?? b; // expect: Account.+ method cyclomatic=2 cognitive=0 nesting=0 parameters=2

        int Pay(int amount, string reason = "none") { // expect: Account.Pay method cyclomatic=12 cognitive=14 nesting=2 parameters=2
            int Inner(int x) { return x; } // expect: Account.Pay.Inner closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
            Func<int, int> twice = x => x * 2; // expect: Account.Pay.twice closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
            run(delegate (int q) { if (q > 1) Inner(q); }); // expect: Account.Pay.<anonymous> lambda cyclomatic=2 cognitive=1 nesting=1 parameters=1
            foreach (var item in items) {
                if (item > 1) continue;
                else if (item is > 2 and < 5) break;
                else goto done;
            }
            switch (amount) {
                case 1:
                case int n when n > 1 && n < 5: break;
                default: break;
            }
            try { Pay(amount); } catch (Error e) when (e.Ok) { }
            reason ??= "x";
            return amount switch { 1 => 2, > 3 => Pay(1, reason), _ => 4 };
            done: return 0;
        }
    }

    record Point(int X, int Y) { int Sum() => X + Y; } // expect: Point.Sum method cyclomatic=1 cognitive=0 nesting=0 parameters=0
    interface IShape { void Later(); }
}
