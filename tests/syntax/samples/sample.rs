// What counts in Rust.
mod inner {
    impl<T: Clone> Shape<T> for crate::Square<T> {
        fn area(&self, scale: u32) -> Result<u32, Error> { // expect: Square.area method cyclomatic=9 cognitive=10 nesting=2 parameters=2
            if self.side > 1 && scale > 1 {
                return Ok(1);
            } else if let Some(x) = self.name {
                return Ok(x);
            } else {
                self.area(scale - 1)?;
            }
            let Some(side) = self.side else {
                return Err(Error);
            };
            match side {
                1 | 2 => {}
                n if n > 3 || n < 1 => {
                    if n == 4 {}
                }
                _ => {}
            }
            Ok(side)
        }
    }
}

fn loops(items: &[u32]) { // expect: loops function cyclomatic=3 cognitive=11 nesting=3 parameters=1
    'outer: loop {
        for item in items {
            while *item > 1 {
                continue 'outer;
            }
        }
        break 'outer;
    }
    let add = |a: u32, b| a + b; // expect: loops.add closure cyclomatic=1 cognitive=0 nesting=0 parameters=2
    items.iter().map(|x| if *x > 1 { 1 } else { 2 }); // expect: loops.<anonymous> lambda cyclomatic=2 cognitive=2 nesting=1 parameters=1
    const fn nested() {} // expect: loops.nested closure cyclomatic=1 cognitive=0 nesting=0 parameters=0
}

trait Shape<T> {
    fn area(&self, scale: u32) -> Result<u32, Error>;
    fn flat(&self) -> bool { // expect: Shape.flat method cyclomatic=3 cognitive=2 nesting=1 parameters=1
        if let Some(x) = self.side() && x > 1 {
            return true;
        }
        false
    }
}
