package dev.ambit.process.config;

/// Where a server is.
public record HostPort(String host, int port) {
    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
