package shop;

import java.util.function.Function;

public class Builder
        extends Object
        implements Comparable<Builder>
{
        private String name;

        public static Builder start()
        {
                return new Builder();
        }

        public Builder name(String name)
        {
                this.name = name;
                return this;
        }

        @Override
        public int compareTo(Builder other)
        {
                return name.compareTo(other.name);
        }

        Function<String, Builder> from = text -> {
                Builder made = start();
                return made.name(text);
        };

        /* The last one. */
        <T> T as(Function<Builder, T> how) { return how.apply(this); } // done
}
