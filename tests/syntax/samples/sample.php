<?php
// What counts in PHP.
namespace Shop;

interface Payable { function pay(); }

function total(array $items, int $start = 1, ...$rest) { // expect: total function cyclomatic=9 cognitive=11 nesting=2 parameters=3
    foreach ($items as $item) {
        if ($item && $start or $rest) { continue 2; }
        elseif ($item) { $start++; }
        else if ($start) { $start--; }
        else { break; }
    }
    return $start ? $start ?? 1 : total($rest);
}

abstract class Account implements Payable {
    abstract function later();
    public function __construct(private int $size = 1) {} // expect: Account.__construct method cyclomatic=1 cognitive=0 nesting=0 parameters=1
    function pay() { // expect: Account.pay method cyclomatic=8 cognitive=9 nesting=1 parameters=0
        $twice = function ($x) use ($y) { return $x > 1 ? 2 : 1; }; // expect: Account.pay.twice closure cyclomatic=2 cognitive=1 nesting=0 parameters=1
        $once = fn($x) => $x; // expect: Account.pay.once closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
        switch ($this->size) { case 1: break; case 2: default: }
        $kind = match(true) { $a, $b => 3, $c && $d => 4, default => 5 };
        try { $this->pay(); } catch (Error $e) { throw $e; } finally { }
        $kind ??= 1;
        return new class(1) { function run() { while (true) { } } }; // expect: Account.pay.<anonymous>.run method cyclomatic=2 cognitive=1 nesting=1 parameters=0
    }
}
trait Loud { function shout() { do { } while (false); } } // expect: Loud.shout method cyclomatic=2 cognitive=1 nesting=1 parameters=0
