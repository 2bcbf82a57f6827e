package server

import "net/http"

type Handler interface {
	Handle(w http.ResponseWriter, r *http.Request) error
}

type HandlerFunc func(http.ResponseWriter, *http.Request) error

func (f HandlerFunc) Handle(w http.ResponseWriter, r *http.Request) error { return f(w, r) }

var health = func(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

// Routes are few.
func Routes(h Handler) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/health": health,
		"/": func(w http.ResponseWriter, r *http.Request) {
			if err := h.Handle(w, r); err != nil {
				http.Error(w, err.Error(), 500)
			}
		},
	}
}

func Serve(addr string, h Handler) error {
	mux := http.NewServeMux()
	for path, handler := range Routes(h) {
		mux.HandleFunc(path, handler)
	}
	done := make(chan error, 1)
	go func() {
		done <- http.ListenAndServe(addr, mux)
	}()
	return <-done
}
