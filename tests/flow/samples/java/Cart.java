package shop;

import java.util.ArrayList;
import java.util.List;

/**
 * What somebody is about to buy.
 */
public final class Cart {
    private final List<Line> lines = new ArrayList<>();

    /** One article. */
    public record Line(String sku, long price, int amount) {
        public Line {
            if (amount < 1) {
                throw new IllegalArgumentException("amount");
            }
        }

        long total() {
            return price * amount;
        }
    }

    public Cart() {
    }

    // Puts a line at the end.
    public Cart add(Line line) {
        lines.add(line);
        return this;
    }

    public long total() {
        return lines.stream().mapToLong(Line::total).sum();
    }
}
