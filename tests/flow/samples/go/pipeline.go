package pipeline

import "context"

func Numbers(ctx context.Context, upto int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; i < upto; i++ {
			select {
			case out <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
func Double(in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for n := range in {
			out <- n * 2
		}
	}()
	return out
}
func Collect(in <-chan int) (all []int) {
	for n := range in {
		all = append(all, n)
	}
	return
}
