// What counts in Kotlin.
package shop

class Account(val size: Int) : Base() {
    val empty: Boolean
        get() = size == 0 || size < 0 // expect: Account.empty.get method cyclomatic=2 cognitive=1 nesting=0 parameters=0
    var limit: Int = 1
        set(value) { field = if (value > 1) value else 1 } // expect: Account.limit.set method cyclomatic=2 cognitive=2 nesting=1 parameters=1

    companion object {
        fun open(size: Int = 1) = Account(size) // expect: Account.open method cyclomatic=1 cognitive=0 nesting=0 parameters=1
    }

    fun pay(amount: Int, reason: String = "x"): Int { // expect: Account.pay method cyclomatic=12 cognitive=17 nesting=3 parameters=2
        for (item in items) {
            if (item > 1 && amount > 1) {
                continue
            } else if (item > 2) {
                break
            } else {
                while (true) { }
            }
        }
        when (amount) {
            1, 2 -> run { pay(1, reason) } // expect: Account.pay.<anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=0
            is Int -> if (amount > 3) return 3
            else -> return 4
        }
        try { run() } catch (e: Error) { throw e }
        do { amount() } while (amount > 1)
        val twice = { x: Int, y: Int -> x * 2 } // expect: Account.pay.twice closure cyclomatic=1 cognitive=0 nesting=0 parameters=2
        val named = fun(x: Int): Int { return x } // expect: Account.pay.named closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
        val job = object : Runnable {
            override fun run() { if (amount > 1) twice(1) } // expect: Account.pay.Runnable.run method cyclomatic=2 cognitive=1 nesting=1 parameters=0
        }
        return size ?: 1
    }
}

object Tools {
    fun fact(n: Int): Int = if (n < 2) 1 else n * fact(n - 1) // expect: Tools.fact method cyclomatic=2 cognitive=3 nesting=1 parameters=1
}

interface Shape {
    fun area(): Double
    fun flat(): Boolean { return area() == 0.0 } // expect: Shape.flat method cyclomatic=1 cognitive=0 nesting=0 parameters=0
}
