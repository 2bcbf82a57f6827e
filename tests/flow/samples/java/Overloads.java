package shop;

class Overloads {
    /** Of a number. */
    String show(int number) {
        return Integer.toString(number);
    }

    /** Of a truth. */
    String show(boolean truth) {
        return truth ? "yes" : "no";
    }

    Overloads() {}

    Overloads(int ignored) {
        this();
    }
}
