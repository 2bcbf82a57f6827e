package shop;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

public class Server implements AutoCloseable {
    private final ExecutorService pool = Executors.newFixedThreadPool(4);
    private final Runnable beat = () -> {
        System.out.println("beat");
    };

    static {
        System.setProperty("shop.started", "yes");
    }

    public void handle(Request request) throws IOException {
        pool.submit(new Runnable() {
            @Override
            public void run() {
                try {
                    request.answer("ok");
                } catch (IOException error) {
                    throw new IllegalStateException(error);
                }
            }
        });
    }

    @Override
    public void close() { pool.shutdown(); }

    private static class Request {
        void answer(String text) throws IOException {}
    }
}
