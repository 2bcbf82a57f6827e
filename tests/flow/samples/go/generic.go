package generic

type Number interface {
	~int | ~int64 | ~float64
}

type Tree[K Number, V any] struct {
	left, right *Tree[K, V]
	key         K
	value       V
}

func (t *Tree[K, V]) Insert(key K, value V) *Tree[K, V] {
	switch {
	case t == nil:
		return &Tree[K, V]{key: key, value: value}
	case key < t.key:
		t.left = t.left.Insert(key, value)
	default:
		t.right = t.right.Insert(key, value)
	}
	return t
}

func Sum[N Number](numbers ...N) (sum N) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}

func Map[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}
