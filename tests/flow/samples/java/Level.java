package shop;

public enum Level {
    LOW("l") {
        @Override
        int weight() {
            return 1;
        }
    },
    HIGH("h");

    private final String mark;

    Level(String mark) {
        this.mark = mark;
    }

    int weight() {
        return 10;
    }

    static Level of(String mark) {
        for (Level level : values()) {
            if (level.mark.equals(mark)) {
                return level;
            }
        }
        throw new IllegalArgumentException(mark);
    }
}
