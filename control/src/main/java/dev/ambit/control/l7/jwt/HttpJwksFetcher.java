package dev.ambit.control.l7.jwt;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Fetches over HTTP. Who may write a RequestAuthentication may make the control plane ask any
/// address, so addresses where no issuer is, but a cloud's secrets are, are never asked.
public final class HttpJwksFetcher implements JwksFetcher {
    /// Metadata services outside the link-local range: AWS over IPv6, Azure's wire server, Alibaba,
    /// Oracle.
    private static final Set<String> METADATA =
            Set.of("fd00:ec2:0:0:0:0:0:254", "168.63.129.16", "100.100.100.200", "192.0.0.192");

    private static final int OK = 200;
    private static final int NOT_OK = 300;
    private static final int SHOWN = 100;

    private final HttpClient client;
    private final JwksLimits limits;

    /// @param client that does not follow redirects by itself
    public HttpJwksFetcher(HttpClient client, JwksLimits limits) {
        if (client.followRedirects() != HttpClient.Redirect.NEVER) {
            throw new IllegalArgumentException(
                    "a client that follows redirects (expected: one that never does)");
        }
        this.client = client;
        this.limits = limits;
    }

    /// With the JDK's roots.
    public static HttpJwksFetcher of(JwksLimits limits) {
        var client =
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(limits.timeoutMost())
                        .build();
        return new HttpJwksFetcher(client, limits);
    }

    @Override
    public byte[] fetch(URI uri, Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        var at = uri;
        for (int hops = 0; hops <= limits.redirects(); hops++) {
            requireAllowed(at);
            var response = send(at, deadline, timeout);
            int status = response.statusCode();
            if (status >= OK && status < NOT_OK) {
                return response.body();
            }
            var location = response.headers().firstValue("location");
            if (!redirects(status) || location.isEmpty()) {
                throw new IOException(
                        at + " answered " + status + shown(response.body()) + " (expected: 200)");
            }
            at = target(at, location.get());
        }
        throw new IOException(uri + ": more than " + limits.redirects() + " redirects");
    }

    private HttpResponse<byte[]> send(URI uri, long deadline, Duration timeout)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri).header("accept", "application/json").build();
        var body =
                HttpResponse.BodyHandlers.limiting(
                        HttpResponse.BodyHandlers.ofByteArray(), limits.bytes());
        // A request's own timeout ends with the headers.
        var answer = client.sendAsync(request, body);
        try {
            return answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(uri + ": no whole answer within " + timeout, e);
        } catch (ExecutionException e) {
            throw new IOException(uri + ": " + reason(e), e);
        } finally {
            answer.cancel(true);
        }
    }

    private static String reason(ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        var message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    private static boolean redirects(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private static URI target(URI from, String location) throws IOException {
        try {
            var to = from.resolve(location);
            boolean weaker = "https".equals(from.getScheme()) && !"https".equals(to.getScheme());
            if (weaker || to.getHost() == null) {
                throw new IOException(
                        from + " redirects to '" + to + "' (expected: https, as before)");
            }
            return to;
        } catch (IllegalArgumentException e) {
            throw new IOException(from + " redirects to '" + location + "', no address", e);
        }
    }

    /// The name is resolved once more for the connection itself: who controls the name's DNS could
    /// answer otherwise then. What could be had so must still look like a set of keys.
    private static void requireAllowed(URI uri) throws IOException {
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(uri.getHost());
        } catch (UnknownHostException e) {
            throw new IOException("the name '" + uri.getHost() + "' has no address", e);
        }
        for (var address : addresses) {
            if (address.isLinkLocalAddress() || METADATA.contains(address.getHostAddress())) {
                throw new IOException(
                        "'"
                                + uri.getHost()
                                + "' is "
                                + address.getHostAddress()
                                + ", where issuers are not asked");
            }
        }
    }

    private static String shown(byte[] body) {
        if (body.length == 0) {
            return "";
        }
        var text = new String(body, java.nio.charset.StandardCharsets.UTF_8);
        var printable = text.replaceAll("\\p{Cntrl}", " ");
        return ": '"
                + (printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "...")
                + "'";
    }
}
