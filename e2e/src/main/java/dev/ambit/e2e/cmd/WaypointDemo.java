package dev.ambit.e2e.cmd;

import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.mesh.Curl;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.PodWaypoint;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The acts of `ambit demo waypoint`, on the sample shop: what its waypoint does with real
/// requests.
final class WaypointDemo {
    private static final Duration EFFECT = Duration.ofSeconds(20);
    private static final Duration LINE = Duration.ofSeconds(10);
    private static final Duration TOKEN = Duration.ofMinutes(10);
    private static final int SHARES = 100;
    private static final String ISSUER = "https://accounts.shop.example";
    private static final String CATALOG = "http://catalog.shop";
    private static final String CART = "http://cart.shop";
    private static final Pattern SERVED_BY = Pattern.compile("served-by=(\\S+)");
    private static final Pattern VERSION = Pattern.compile("served-by=shop/catalog-(v\\d)");

    private final MeshLab mesh;
    private final PrintStream out;
    private final MeshPod web;
    private final PodWaypoint waypoint;

    WaypointDemo(MeshLab mesh, PrintStream out) {
        this.mesh = mesh;
        this.out = out;
        this.web = mesh.pod("shop/web-0");
        this.waypoint = mesh.waypoint("shop/waypoint-0");
    }

    void show() throws IOException {
        path();
        canary();
        token();
        method();
        retry();
        mirror();
        ejection();
    }

    private void path() {
        title(
                "web calls catalog: through the namespace's waypoint, each hop with its own"
                        + " identity");
        var answer = expect(200, call(CATALOG + "/"));
        out.println("  " + answer.body().strip());
        out.println("  the application sees the waypoint's address: " + waypoint.pod().address());
    }

    // ---- a canary, by header and by weight

    private void canary() {
        title("A canary: testers by header, everybody else by weight");
        var tester = expect(200, call("-H", "x-tester: yes", CATALOG + "/"));
        out.println("  x-tester: yes          -> " + version(tester));
        if (!version(tester).equals("v3")) {
            throw new LabFault("a tester got " + version(tester) + " (expected: v3)");
        }
        shares("weights 90 and 10", shares());
        route(CANARY, 5);
        await("the new weights", () -> shares().getOrDefault("v2", 0) > SHARES / 3);
        shares("weights 50 and 50", shares());
    }

    private Map<String, Integer> shares() {
        var shares = new TreeMap<String, Integer>();
        for (int i = 0; i < SHARES; i++) {
            shares.merge(version(expect(200, call(CATALOG + "/"))), 1, Integer::sum);
        }
        return shares;
    }

    private void shares(String weights, Map<String, Integer> shares) {
        out.println("  %-22s -> %s of %d requests".formatted(weights, shares, SHARES));
    }

    private static String version(Curl answer) {
        var matcher = VERSION.matcher(answer.body());
        return matcher.find() ? matcher.group(1) : "?";
    }

    // ---- tokens

    private void token() throws IOException {
        title("A token is required on one path: /orders of cart");
        var issuer = TokenIssuer.create(ISSUER, Clock.systemUTC());
        Path jwks = mesh.lab().state().etc().resolve("customers.jwks");
        issuer.saveJwks(jwks);
        apply("orders.yaml", ORDERS.formatted(ISSUER, Files.readString(jwks).strip()));
        var orders = CART + "/orders";
        await("the policy", () -> call(orders).status() == 403);
        out.println("  no token               -> " + describe(call(orders)));
        var bad = call("-H", "authorization: Bearer not.a.token", orders);
        out.println("  a forged token         -> " + describe(expect(401, bad)));
        var token =
                issuer.issue(
                        new TokenIssuer.Subject(
                                new Account("customers", "ann"),
                                Optional.empty(),
                                Optional.empty()),
                        "shop",
                        TOKEN);
        var good = expect(200, call("-H", "authorization: Bearer " + token, orders));
        out.println("  ann's token            -> " + describe(good));
        out.println("  another path, no token -> " + describe(expect(200, call(CART + "/"))));
    }

    // ---- a denied method, with its reason

    private void method() {
        title("catalog may be read by web, and no more: a POST is denied, with its reason");
        int before = waypoint.lines().size();
        var answer = expect(403, call("-X", "POST", CATALOG + "/"));
        out.println("  POST                   -> " + describe(answer));
        var line = line(before, l -> l.contains("POST / ") && l.contains(" 403 "));
        out.println("  its access log: " + line.strip());
    }

    // ---- a retry that saves a request

    private void retry() {
        title("The first attempt fails, the client does not notice: a retry");
        var answer = expect(200, call("-D", "-", CATALOG + "/?id=retry&fail=1"));
        out.println(
                "  GET                    -> %s, %s"
                        .formatted(first(answer.body()), served(answer.body())));
        int attempts = seen("retry");
        if (attempts < 2) {
            throw new LabFault("%d attempts were seen (expected: 2)".formatted(attempts));
        }
        out.println("  attempts, one for each pod asked, the last one good: " + attempts);
    }

    // ---- a mirror

    private void mirror() {
        title("Each request to catalog also goes to v3, whose answers nobody waits for");
        route(MIRROR, 5);
        var v3 = mesh.pod("shop/catalog-v3-0");
        var id = "mirror";
        await(
                "the mirror",
                () -> {
                    expect(200, call(CATALOG + "/?id=" + id));
                    return seen(v3, id) > 0;
                });
        out.println("  web was answered by    -> " + served(call(CATALOG + "/").body()));
        out.println("  requests that v3 saw   -> " + seen(v3, id));
    }

    // ---- an ejected endpoint

    private void ejection() {
        title(
                "One of v1's two pods answers 503: after three it is ejected, and nobody is sent to"
                        + " it");
        route(EJECTION, 3);
        var bad = "shop/catalog-v1-0";
        var url = CATALOG + "/?id=ejected&fail=1000000&at=" + bad;
        await("a first 503", () -> call(url).status() == 503);
        await("20 answers in a row from the other", () -> allGood(url, bad, 20));
        out.println("  20 requests            -> all 200, " + served(call(url).body()));
        waypoint.admin("/clusters")
                .lines()
                .filter(l -> l.contains("catalog") && l.contains("failed_outlier_check"))
                .findFirst()
                .ifPresent(l -> out.println("  /clusters says         -> " + l));
    }

    private boolean allGood(String url, String bad, int count) {
        for (int i = 0; i < count; i++) {
            var answer = call(url);
            if (!answer.ok() || answer.body().contains("served-by=" + bad)) {
                return false;
            }
        }
        return true;
    }

    // ---- helpers

    private int seen(String id) {
        int all = 0;
        for (var pod : mesh.pods()) {
            if (pod.place().name().startsWith("catalog-")) {
                all += seen(pod, id);
            }
        }
        return all;
    }

    /// Asked inside the pod itself, where no mesh is between.
    private int seen(MeshPod pod, String id) {
        var answer = mesh.curl(pod, "http://127.0.0.1:8080/seen/" + id);
        return answer.ok() ? Integer.parseInt(answer.body().strip()) : 0;
    }

    private Curl call(String... arguments) {
        return mesh.curl(web, arguments);
    }

    private static Curl expect(int status, Curl answer) {
        if (answer.status() != status) {
            throw new LabFault(answer + " (expected: status " + status + ")");
        }
        return answer;
    }

    private static String describe(Curl answer) {
        return answer.status() + " " + first(answer.body());
    }

    private static String first(String text) {
        return text.lines().findFirst().orElse("");
    }

    private static String served(String body) {
        var matcher = SERVED_BY.matcher(body);
        return matcher.find() ? "served by " + matcher.group(1) : body.strip();
    }

    private String line(int from, Predicate<String> wanted) {
        return waypoint.line(from, LINE, wanted)
                .orElseThrow(() -> new LabFault("no such line in the waypoint's access log"));
    }

    private void apply(String file, String yaml) {
        mesh.apply(file, yaml);
        out.println(yaml.indent(4).stripTrailing());
    }

    /// Takes the place of the sample's own routes.
    private void route(String routes, int consecutiveErrors) {
        mesh.apply("routing.yaml", routes + SUBSETS.formatted(consecutiveErrors));
        out.println(routes.indent(4).stripTrailing());
    }

    private void await(String what, Supplier<Boolean> condition) {
        if (!mesh.lab().await().until(EFFECT, condition::get)) {
            throw new LabFault("waited " + EFFECT + " for " + what);
        }
    }

    private void title(String text) {
        out.println();
        out.println(text);
    }

    private static final String CANARY =
            catalog(
                    """
                    retries: {attempts: 2, retryOn: 5xx}
                    route:
                      - {destination: {host: catalog, subset: v1}, weight: 50}
                      - {destination: {host: catalog, subset: v2}, weight: 50}
                    """);

    private static final String MIRROR =
            catalog(
                    """
                    mirrors: [{destination: {host: catalog, subset: v3}}]
                    route: [{destination: {host: catalog, subset: v1}}]
                    """);

    private static final String EJECTION =
            catalog(
                    """
                    retries: {attempts: 0}
                    route: [{destination: {host: catalog, subset: v1}}]
                    """);

    private static final String SUBSETS =
            """
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: catalog, namespace: shop}
            spec:
              host: catalog
              trafficPolicy:
                outlierDetection:
                  consecutive5xxErrors: %d
                  interval: 1s
                  baseEjectionTime: 60s
                  maxEjectionPercent: 100
              subsets:
                - {name: v1, labels: {version: v1}}
                - {name: v2, labels: {version: v2}}
                - {name: v3, labels: {version: v3}}
            """;

    /// @param rest of the only rule
    private static String catalog(String rest) {
        return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: catalog, namespace: shop}
        spec:
          hosts: [catalog]
          http:
            - name: everybody
        """
                + rest.indent(6);
    }

    private static final String ORDERS =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: cart, namespace: shop}
            spec:
              targetRefs: [{group: "", kind: Service, name: cart}]
              jwtRules:
                - issuer: %s
                  jwks: '%s'
            ---
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: orders, namespace: shop}
            spec:
              targetRefs: [{group: "", kind: Service, name: cart}]
              action: DENY
              rules:
                - from: [{source: {notRequestPrincipals: ["*"]}}]
                  to: [{operation: {paths: ["/orders*"]}}]
            """;
}
