package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.mesh.AccessLine;
import dev.ambit.e2e.mesh.Curl;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.NodeZtunnel;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The acts of `ambit demo`, on a mesh that runs.
final class Demo {
    private static final Duration LINE = Duration.ofSeconds(10);
    private static final Duration EFFECT = Duration.ofSeconds(10);
    private static final Duration TRANSFER = Duration.ofSeconds(60);
    private static final long TRANSFER_BYTES = 40_000_000;
    private static final long TRANSFER_RATE = 10_000_000;
    private static final Pattern SERIAL = Pattern.compile("\"serialNumber\" : \"(\\d+)\"");

    private final MeshLab mesh;
    private final PrintStream out;

    Demo(MeshLab mesh, PrintStream out) {
        this.mesh = mesh;
        this.out = out;
    }

    void show() {
        calls();
        policy();
        strict();
        rotation();
    }

    // ---- act one: calls

    private record Call(String from, String to, String url) {}

    private void calls() {
        title("Calls with curl between the pods");
        var legacy = mesh.pod("legacy/batch");
        var cart = mesh.pod("shop/cart");
        var calls =
                List.of(
                        new Call("shop/web", "shop/cart", "http://cart.shop/"),
                        new Call("shop/web", "shop/cart", "http://" + cart.address() + ":8080/"),
                        new Call("shop/cart", "shop/pay", "http://pay.shop/"),
                        new Call(
                                "shop/web",
                                "legacy/batch",
                                "http://" + legacy.address() + ":8080/"),
                        new Call(
                                "legacy/batch",
                                "shop/cart",
                                "http://" + cart.address() + ":8080/"));
        var table =
                new Table(
                        "caller",
                        "callee",
                        "captured",
                        "caller proved to be",
                        "callee proved to be",
                        "cipher, key exchange",
                        "bytes",
                        "time",
                        "verdict");
        for (var call : calls) {
            table.add(row(call));
        }
        out.print(table);
    }

    private String[] row(Call call) {
        var from = mesh.pod(call.from);
        var to = mesh.pod(call.to);
        int before = from.enrolled() ? log(from).size() : 0;
        int beforeTo = to.enrolled() ? log(to).size() : 0;
        var answer = mesh.curl(from, call.url);
        if (!answer.ok()) {
            throw new LabFault(
                    "%s to %s: %s (expected: status 200)".formatted(call.from, call.url, answer));
        }
        var outbound =
                from.enrolled()
                        ? line(from, before, "outbound", from)
                        : Optional.<AccessLine>empty();
        var inbound =
                to.enrolled() ? line(to, beforeTo, "inbound", from) : Optional.<AccessLine>empty();
        var any = inbound.or(() -> outbound);
        return new String[] {
            call.from,
            call.to,
            captured(from, to),
            identity(inbound, "src.identity"),
            identity(outbound, "dst.identity"),
            any.flatMap(l -> l.field("tls.cipher"))
                    .map(c -> c + ", " + any.flatMap(l -> l.field("tls.group")).orElse("?"))
                    .orElse("none: plaintext"),
            any.map(l -> l.number("bytes_sent") + "/" + l.number("bytes_recv")).orElse("-"),
            Math.round(answer.seconds() * 1000) + " ms",
            "allowed"
        };
    }

    private static String captured(MeshPod from, MeshPod to) {
        if (from.enrolled() && to.enrolled()) {
            return "both ends";
        }
        return from.enrolled() ? "at the caller" : to.enrolled() ? "at the callee" : "no";
    }

    private static String identity(Optional<AccessLine> line, String field) {
        return line.flatMap(l -> l.field(field))
                .map(id -> id.replace("spiffe://cluster.local", ""))
                .orElse("-");
    }

    // ---- act two: a policy

    private void policy() {
        title("An AuthorizationPolicy, applied while everything runs: only cart may call pay");
        mesh.apply("policy.yaml", POLICY);
        out.println(indented(POLICY));
        var refused = awaitRefusal("shop/web", "shop/pay", "http://pay.shop/", _ -> true);
        out.println("  web -> pay: " + describe(refused.answer));
        out.println("    reason: " + refused.line.field("error").orElse("?"));
        out.println(
                "    decided by: policy %s, rule %s, field %s"
                        .formatted(
                                refused.line.field("deny.policy").orElse("?"),
                                refused.line.field("deny.rule").orElse("?"),
                                refused.line.field("deny.field").orElse("?")));
        expectOk("shop/cart", "http://pay.shop/");
        out.println("  cart -> pay: 200, as before");
    }

    // ---- act three: STRICT

    private void strict() {
        title("STRICT for the namespace: plaintext from outside is refused");
        var cart = mesh.pod("shop/cart");
        var url = "http://" + cart.address() + ":8080/";
        expectOk("legacy/batch", url);
        out.println("  legacy/batch -> cart before: 200");
        mesh.apply("strict.yaml", STRICT);
        out.println(indented(STRICT));
        var refused = awaitRefusal("legacy/batch", "shop/cart", url, _ -> true);
        out.println("  legacy/batch -> cart: " + describe(refused.answer));
        out.println("    reason: " + refused.line.field("error").orElse("?"));
        expectOk("shop/web", "http://cart.shop/");
        out.println("  web -> cart: 200, as before");
    }

    // ---- act four: a certificate is replaced under traffic

    private void rotation() {
        title("New certificates for web and cart while 40 MB are on their way");
        var web = mesh.pod("shop/web");
        var cart = mesh.pod("shop/cart");
        var before = serial(web) + " " + serial(cart);
        var transfer =
                CompletableFuture.supplyAsync(
                        () ->
                                mesh.curl(
                                        web,
                                        TRANSFER,
                                        "-o",
                                        "/dev/null",
                                        "-w",
                                        "%{size_download}\n#curl %{http_code} %{time_total}",
                                        "http://cart.shop/bytes/"
                                                + TRANSFER_BYTES
                                                + "?rate="
                                                + TRANSFER_RATE),
                        task -> Thread.ofVirtual().start(task));
        mesh.ztunnelOf(web).rotate(web.identity());
        mesh.ztunnelOf(cart).rotate(cart.identity());
        await(
                "new certificates",
                () -> !before.contains(serial(web)) && !before.contains(serial(cart)));
        boolean during = !transfer.isDone();
        expectOk("shop/web", "http://cart.shop/");
        var answer = transfer.join();
        long received = Long.parseLong(answer.body().strip());
        if (!answer.ok() || received != TRANSFER_BYTES || !during) {
            throw new LabFault(
                    "transfer: %s, %d bytes, certificates replaced during it: %s (expected: all %d)"
                            .formatted(answer, received, during, TRANSFER_BYTES));
        }
        out.println("  serial numbers before: " + before);
        out.println("  serial numbers after:  " + serial(web) + " " + serial(cart));
        out.println("  the transfer went on: " + received + " of " + TRANSFER_BYTES + " bytes");
    }

    private String serial(MeshPod pod) {
        var dump = mesh.ztunnelOf(pod).configDump();
        int at = dump.indexOf("\"identity\" : \"" + pod.identity() + "\"");
        // The chain stands before its identity.
        var matcher = SERIAL.matcher(dump.substring(0, Math.max(0, at)));
        String last = "none";
        while (matcher.find()) {
            last = matcher.group(1);
        }
        return last;
    }

    // ---- helpers

    private record RefusedCall(Curl answer, AccessLine line) {}

    /// Calls until the change has taken effect, and finds the line that says why.
    private RefusedCall awaitRefusal(
            String from, String to, String url, Predicate<AccessLine> wanted) {
        var caller = mesh.pod(from);
        var callee = mesh.pod(to);
        int before = log(callee).size();
        var answer =
                mesh.lab()
                        .await()
                        .first(
                                EFFECT,
                                () -> Optional.of(mesh.curl(caller, url)).filter(c -> !c.ok()))
                        .orElseThrow(() ->
                                new LabFault(from + " still reaches " + url + " after " + EFFECT));
        var line =
                ztunnel(callee)
                        .access(
                                before,
                                LINE,
                                l ->
                                        l.is("direction", "inbound")
                                                && l.field("error").isPresent()
                                                && wanted.test(l))
                        .orElseThrow(
                                () -> new LabFault("no line in the access log for the refusal"));
        return new RefusedCall(answer, line);
    }

    private void expectOk(String from, String url) {
        var answer = mesh.curl(mesh.pod(from), url);
        if (!answer.ok()) {
            throw new LabFault("%s to %s: %s (expected: status 200)".formatted(from, url, answer));
        }
    }

    private void await(String what, Supplier<Boolean> condition) {
        if (!mesh.lab().await().until(EFFECT, condition::get)) {
            throw new LabFault("waited " + EFFECT + " for " + what);
        }
    }

    private NodeZtunnel ztunnel(MeshPod pod) {
        return mesh.ztunnelOf(pod);
    }

    private List<AccessLine> log(MeshPod pod) {
        return ztunnel(pod).accessLog();
    }

    private Optional<AccessLine> line(MeshPod at, int from, String direction, MeshPod caller) {
        var line =
                ztunnel(at)
                        .access(
                                from,
                                LINE,
                                l ->
                                        l.is("direction", direction)
                                                && l.is("src.workload", caller.place().name()));
        if (line.isEmpty()) {
            throw new LabFault(
                    "no %s line of %s in the access log of %s"
                            .formatted(direction, caller, at.place().node().name()));
        }
        return line;
    }

    private static String describe(Curl answer) {
        return answer.status() == 0
                ? "refused, curl says: " + answer.error()
                : "status " + answer.status();
    }

    private void title(String text) {
        out.println();
        out.println(text);
    }

    private static String indented(String yaml) {
        return yaml.indent(4).stripTrailing();
    }

    private static final String POLICY =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: only-cart, namespace: shop}
            spec:
              selector: {matchLabels: {app: pay}}
              action: ALLOW
              rules:
                - from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]
            """;

    private static final String STRICT =
            """
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: default, namespace: shop}
            spec: {mtls: {mode: STRICT}}
            """;

    /// Columns as wide as they need to be.
    private static final class Table {
        private final List<String[]> rows = new ArrayList<>();

        Table(String... head) {
            rows.add(head);
        }

        void add(String[] row) {
            rows.add(row);
        }

        @Override
        public String toString() {
            var text = new StringBuilder();
            int columns = rows.getFirst().length;
            var widths = new int[columns];
            for (var row : rows) {
                for (int i = 0; i < columns; i++) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            }
            for (var row : rows) {
                text.append("  ");
                for (int i = 0; i < columns; i++) {
                    text.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
                }
                text.append('\n');
            }
            return text.toString().replaceAll(" +\n", "\n");
        }
    }
}
