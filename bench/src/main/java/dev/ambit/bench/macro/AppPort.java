package dev.ambit.bench.macro;

/// Where the server applications listen in their pod.
enum AppPort {
    SINK(7001),
    ECHO(7002);

    private final int number;

    AppPort(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
