// What counts in Java.
abstract class Sample<T> {
    static final int SIZE = Boolean.TRUE ? 1 : 2;
    Comparator<T> order = (a, b) -> a == null ? 1 : 0; // expect: Sample.order method cyclomatic=2 cognitive=1 nesting=0 parameters=2

    abstract void later();

    Sample(int size) { // expect: Sample.Sample method cyclomatic=3 cognitive=2 nesting=1 parameters=1
        if (size > 0 && SIZE > 0) later();
    }

    int loops(List<T> items, int... counts) { // expect: Sample.loops method cyclomatic=8 cognitive=15 nesting=4 parameters=2
        outer:
        for (T item : items) {
            for (int i = 0; i < 3; i++) {
                while (item != null) {
                    if (i == 1) continue outer;
                    else if (i == 2) break;
                    else return 1;
                }
            }
        }
        do { later(); } while (items.isEmpty());
        try {
            later();
        } catch (IllegalStateException e) {
            throw e;
        } finally {
            later();
        }
        return 0;
    }

    String old(int kind) { // expect: Sample.old method cyclomatic=3 cognitive=1 nesting=1 parameters=1
        switch (kind) {
            case 1:
            case 2: return "few";
            default: return "many";
        }
    }

    String modern(Object o) { // expect: Sample.modern method cyclomatic=5 cognitive=4 nesting=1 parameters=1
        return switch (o) {
            case String s when s.isEmpty() && s != null -> "empty";
            case Integer i -> i > 1 ? "many" : "one";
            default -> "none";
        };
    }

    void run() { this.run(1); } // expect: Sample.run method cyclomatic=1 cognitive=0 nesting=0 parameters=0

    void run(int times) { // expect: Sample.run method cyclomatic=1 cognitive=5 nesting=0 parameters=1
        Runnable job = () -> { // expect: Sample.run.job closure cyclomatic=2 cognitive=1 nesting=1 parameters=0
            if (times > 0) run(times - 1);
        };
        new Thread(new Runnable() {
            @Override
            public void run() { // expect: Sample.run.Runnable.run method cyclomatic=2 cognitive=1 nesting=1 parameters=0
                if (times > 1) job.run();
            }
        });
    }

    record Point(int x, int y) {
        Point { // expect: Sample.Point.Point method cyclomatic=3 cognitive=2 nesting=1 parameters=0
            if (x < 0 || y < 0) throw new IllegalArgumentException();
        }
    }

    enum Level {
        LOW { void act() { } }; // expect: Sample.Level.LOW.act method cyclomatic=1 cognitive=0 nesting=0 parameters=0
        void act() { } // expect: Sample.Level.act method cyclomatic=1 cognitive=0 nesting=0 parameters=0
    }

    interface Shape {
        double area();
        default boolean flat() { return area() == 0; } // expect: Sample.Shape.flat method cyclomatic=1 cognitive=0 nesting=0 parameters=0
    }
}
