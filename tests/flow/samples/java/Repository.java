package shop;

import java.util.Optional;

@FunctionalInterface
interface Finder<K, V> {
    Optional<V> find(K key);

    default V require(K key) {
        return find(key).orElseThrow(() -> new IllegalStateException("missing " + key));
    }

    static <K, V> Finder<K, V> none() { return key -> Optional.empty(); }
}

abstract class Repository<T> implements Finder<Long, T> {

    protected abstract T load(long id);

    @Override
    @SuppressWarnings("unchecked")
    public Optional<T> find(Long id) {
        return Optional.ofNullable(load(id));
    }

}
