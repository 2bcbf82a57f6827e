package geometry;

public sealed interface Shape permits Shape.Circle, Shape.Square {
    double area();

    record Circle(double radius) implements Shape {
        @Override
        public double area() {
            return Math.PI * radius * radius;
        }
    }

    record Square(double side) implements Shape {
        @Override
        public double area() { return side * side; }
    }

    static String describe(Shape shape) {
        return switch (shape) {
            case Circle(double radius) when radius == 0 -> "a point";
            case Circle c -> "round";
            case Square s -> {
                String text = "square";
                yield text + s.side();
            }
        };
    }
}
