package dev.ambit.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.jwt.HttpJwksFetcher;
import dev.ambit.control.l7.jwt.Issuer;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.l7.jwt.JwksLimits;
import dev.ambit.control.l7.jwt.JwksStore;
import dev.ambit.control.l7.jwt.TestKeys;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.xds.WaypointViews;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlStateTest {
    private static final long WAIT_SECONDS = 20;

    @TempDir private Path directory = Path.of(".");

    /// Published without the keys at first, and again as soon as they are there.
    @Test
    void apply_issuerWithKeysElsewhere_publishedAgainWithThem() throws Exception {
        var published = new LinkedBlockingQueue<WaypointViews>();
        var limits = JwksLimits.defaults();
        try (var issuer = new Issuer().answers("/keys", 200, TestKeys.set("a"))) {
            var uri = issuer.address() + "/keys";
            Files.writeString(
                    directory.resolve("a.yaml"),
                    """
                    apiVersion: security.istio.io/v1
                    kind: RequestAuthentication
                    metadata: {name: p, namespace: shop}
                    spec:
                      targetRefs: [{kind: Service, name: web}]
                      jwtRules: [{issuer: i, jwksUri: '%s'}]
                    """
                            .formatted(uri));
            var input =
                    DirectorySource.readOnce(directory, new YamlLimits(100_000, 1_000, 50, 64), 10);
            var state =
                    new ControlState(
                            CompileSettings.defaults(),
                            L7Settings.defaults(),
                            Optional.empty(),
                            changed ->
                                    new JwksStore(
                                            limits,
                                            HttpJwksFetcher.of(limits),
                                            Clock.systemUTC(),
                                            changed),
                            published::add,
                            Clock.systemUTC());
            try (var store = state.jwks().start()) {
                state.apply(input);

                assertThat(next(published, uri)).isEqualTo(new Jwks.Answer.Pending());
                assertThat(next(published, uri))
                        .isEqualTo(new Jwks.Answer.Known(TestKeys.set("a"), ""));
                assertThat(store.counters()).containsEntry("jwks_fetches_succeeded", 1L);
                assertThat(state.newest().count()).isEqualTo(1);
            }
        }
    }

    private static Jwks.Answer next(LinkedBlockingQueue<WaypointViews> published, String uri)
            throws InterruptedException {
        var views = published.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(views).isNotNull();
        return views.model().jwks().keys("i", uri);
    }
}
