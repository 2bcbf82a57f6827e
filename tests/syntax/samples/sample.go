// What counts in Go.
package sample

type Server struct{ handler func(int) }

func (s *Server) Handle(a, b int, rest ...string) (n int, err error) { // expect: Server.Handle method cyclomatic=8 cognitive=9 nesting=2 parameters=3
	if x := a; x > 1 && b > 1 {
		return
	} else if b > 2 || a > 2 {
		goto end
	} else {
		s.Handle(a, b)
	}
	switch {
	case a > 1, b > 1:
	case a > 2:
		if b > 2 {
			return
		}
	default:
	}
end:
	return
}

func (t Tree[K]) Walk(func(int, string)) { // expect: Tree.Walk method cyclomatic=5 cognitive=7 nesting=2 parameters=1
outer:
	for i := range t.nodes {
		select {
		case <-t.done:
			break outer
		case x := <-t.in:
			_ = x
		default:
			continue outer
		}
		switch v := any(i).(type) {
		case int, string:
			_ = v
		}
	}
}

func main() { // expect: main function cyclomatic=1 cognitive=2 nesting=0 parameters=0
	go func() { // expect: main.<anonymous> lambda cyclomatic=2 cognitive=1 nesting=1 parameters=0
		for {
		}
	}()
	double := func(x int) int { return x * 2 } // expect: main.double closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
	routes := map[string]func(){"home": func() {}} // expect: main.home closure cyclomatic=1 cognitive=0 nesting=0 parameters=0
	server := Server{handler: func(n int) {}} // expect: main.handler closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
	server.handler = func(n int) {} // expect: main.handler closure cyclomatic=1 cognitive=0 nesting=0 parameters=1
	fact(double(len(routes)))
}

func fact(n int) int { // expect: fact function cyclomatic=2 cognitive=2 nesting=1 parameters=1
	if n < 2 {
		return 1
	}
	return n * fact(n-1)
}
