package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.isCut;
import static dev.ambit.e2e.scenario.Meshes.line;
import static dev.ambit.e2e.scenario.Meshes.url;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Policies that change while connections live.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class PolicyScenario {

    private static final String FILE = "change.yaml";
    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void takeBack() {
        mesh.delete(FILE);
        var web = mesh.pod("shop/web");
        var batch = mesh.pod("legacy/batch");
        Meshes.await(
                mesh,
                "everything is allowed again",
                () ->
                        mesh.curl(web, "http://cart.shop/").ok()
                                && mesh.curl(web, "http://pay.shop/").ok()
                                && mesh.curl(batch, url(mesh.pod("shop/cart"), 8080, "/")).ok()
                                && answers(web));
    }

    private boolean answers(MeshPod from) {
        try (var socket = echo(from)) {
            return true;
        } catch (IOException | AssertionError refused) {
            return false;
        }
    }

    private Socket echo(MeshPod from) throws IOException {
        return Meshes.echo(mesh, from, mesh.pod("shop/raw"));
    }

    @Test
    void allowPolicy_refusesOthersWithPolicyRuleAndField() {
        var web = mesh.pod("shop/web");
        var pay = mesh.pod("shop/pay");
        int before = mesh.ztunnelOf(pay).logPosition();
        mesh.apply(
                FILE,
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: only-cart, namespace: shop}
                spec:
                  selector: {matchLabels: {app: pay}}
                  rules:
                    - from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]
                """);

        Meshes.await(mesh, "the refusal", () -> !mesh.curl(web, "http://pay.shop/").ok());
        // That one may have been let in, and cut by the change.
        assertThat(mesh.curl(web, "http://pay.shop/").ok()).isFalse();

        var line =
                line(
                        mesh.ztunnelOf(pay),
                        before,
                        l -> l.field("error").orElse("").contains("policy rejection"));
        if (mesh.ambitServes(pay)) {
            assertThat(line.fields())
                    .containsEntry("deny.policy", "shop/only-cart")
                    .containsEntry("deny.rule", "0")
                    .containsEntry("deny.field", "principals");
        }
        assertThat(line.fields())
                .containsEntry("src.identity", web.identity())
                .containsEntry(
                        "error",
                        "connection closed due to policy rejection: allow policies exist, but none"
                                + " allowed");
        assertThat(mesh.curl(mesh.pod("shop/cart"), "http://pay.shop/").ok()).isTrue();
        // The client's end says what it was told.
        var out =
                line(
                        mesh.ztunnelOf(web),
                        0,
                        l -> l.is("direction", "outbound") && l.field("error").isPresent());
        assertThat(out.field("error").orElse("")).contains("401");
    }

    /// Only the waypoint may come: who goes around it is told 401, whatever it tries.
    @Test
    void policy_allowsTheWaypointAlone_aDirectConnectIs401() throws Exception {
        var raw = mesh.pod("shop/raw");
        mesh.apply(
                FILE,
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: deny-bypass, namespace: shop}
                spec:
                  selector: {matchLabels: {app: raw}}
                  rules:
                    - from: [{source: {principals: [cluster.local/ns/shop/sa/waypoint]}}]
                """);
        Meshes.await(
                mesh, "the policy", () -> mesh.ztunnelOf(raw).configDump().contains("deny-bypass"));
        int before = mesh.ztunnelOf(raw).logPosition();
        try (var caller = new HboneCaller(mesh)) {
            var target = raw.address() + ":9001";
            var stranger = mesh.pod("legacy/batch");
            var web = SpiffeId.parse(mesh.pod("shop/web").identity());
            var waypoint = new SpiffeId("cluster.local", "shop", "waypoint");

            var direct = caller.call(stranger, Issued.by(mesh, web), raw, target, "");
            var through =
                    caller.call(stranger, Issued.by(mesh, waypoint), raw, target, Meshes.HELLO);

            assertThat(direct.status()).as("%s", direct).isEqualTo(401);
            assertThat(through).isEqualTo(new HboneCaller.Told(200, Meshes.HELLO));
        }
        var line = line(mesh.ztunnelOf(raw), before, l -> l.field("error").isPresent());
        assertThat(line.fields())
                .containsEntry(
                        "error",
                        "connection closed due to policy rejection: allow policies exist, but none"
                                + " allowed");
    }

    @Test
    void denyPolicy_cutsALiveConnection() throws IOException {
        Pair.onlyAmbit(mesh, "it doesn't cut for a policy that comes newly", mesh.pod("shop/raw"));
        try (var socket = echo(mesh.pod("shop/web"))) {
            mesh.apply(
                    FILE,
                    """
                    apiVersion: security.istio.io/v1
                    kind: AuthorizationPolicy
                    metadata: {name: no-web, namespace: shop}
                    spec:
                      selector: {matchLabels: {app: raw}}
                      action: DENY
                      rules:
                        - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
                    """);

            Meshes.await(mesh, "the cut", () -> isCut(socket));
        }
        var line =
                line(
                        mesh.ztunnelOf(mesh.pod("shop/raw")),
                        0,
                        l -> l.field("error").orElse("").contains("shop/no-web"));
        assertThat(line.field("error").orElse(""))
                .isEqualTo(
                        "connection closed due to policy change: explicitly denied by: shop/no-web");
        assertThat(line.fields()).containsEntry("dst.workload", "raw");
    }

    @Test
    void strict_cutsLivePlaintextAndLeavesTheMeshAlone() throws IOException {
        Pair.onlyAmbit(mesh, "it judges only new connections", mesh.pod("shop/raw"));
        try (var plain = echo(mesh.pod("legacy/batch"));
                var tunnelled = echo(mesh.pod("shop/web"))) {
            mesh.apply(
                    FILE,
                    """
                    apiVersion: security.istio.io/v1
                    kind: PeerAuthentication
                    metadata: {name: default, namespace: shop}
                    spec: {mtls: {mode: STRICT}}
                    """);

            Meshes.await(mesh, "the cut", () -> isCut(plain));
            assertThat(isCut(tunnelled)).isFalse();
        }
        var cart = mesh.pod("shop/cart");
        assertThat(mesh.curl(mesh.pod("legacy/batch"), url(cart, 8080, "/")).ok()).isFalse();
    }

    @Test
    void brokenFile_isReportedWithItsLineAndLastGoodStateStays() {
        mesh.apply(
                FILE,
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: x, namespace: shop
                spec: [
                """);

        Meshes.await(
                mesh,
                "the report",
                () ->
                        mesh.control().lines().stream()
                                .anyMatch(l ->
                                        l.contains(FILE + ":3: not YAML")
                                                || l.contains(FILE + ":4: not YAML")));
        assertThat(mesh.curl(mesh.pod("shop/web"), "http://cart.shop/").ok()).isTrue();
    }

    /// What it would have let through is not known, so nothing is: but nobody else is touched.
    @Test
    void unknownFieldInPolicy_isReportedAndClosesWhatItSelects() {
        var web = mesh.pod("shop/web");
        mesh.apply(
                FILE,
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: typo, namespace: shop}
                spec:
                  selector: {matchLabels: {app: pay}}
                  rules:
                    - from: [{source: {principalz: [cluster.local/ns/shop/sa/cart]}}]
                """);

        Meshes.await(
                mesh,
                "the report",
                () -> mesh.control().lines().stream().anyMatch(l -> l.contains("principalz")));
        Meshes.await(mesh, "the refusal", () -> !mesh.curl(web, "http://pay.shop/").ok());
        assertThat(mesh.curl(web, "http://cart.shop/").ok()).isTrue();
    }
}
