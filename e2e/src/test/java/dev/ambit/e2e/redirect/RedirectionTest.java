package dev.ambit.e2e.redirect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.Host;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.lab.TestLabs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The rules in a real kernel.
@org.junit.jupiter.api.Tag("lab")
class RedirectionTest {
    private static final Redirection REDIRECTION = new Redirection(Duration.ofSeconds(10));

    @TempDir Path stateRoot;
    private Lab lab;
    private LabPod client;
    private LabPod server;

    @BeforeEach
    void openLab() {
        LabNeeds.require("ip", "nft", "curl");
        lab = Lab.open(TestLabs.config(stateRoot));
        Host one = lab.addNode("node-1");
        client = lab.addPod(one, "shop", "client");
        server = lab.addPod(lab.addNode("node-2"), "shop", "server");
    }

    @AfterEach
    void closeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void apply_everyVariant_isAcceptedByTheKernelAndRemovedAgain() {
        String before = ruleset(client);
        NftTextTest.GOLDEN.forEach((name, rules) -> {
            REDIRECTION.apply(client.netns(), rules);
            assertThat(REDIRECTION.isApplied(client.netns(), rules)).as(name).isTrue();
            REDIRECTION.remove(client.netns(), rules.names());
            assertThat(REDIRECTION.isApplied(client.netns(), rules)).as(name).isFalse();
        });
        assertThat(ruleset(client)).isEqualTo(before);
        assertThat(lab.run(client.netns(), "ip", "rule")).doesNotContain("32764");
        assertThat(lab.run(client.netns(), "ip", "-6", "rule")).doesNotContain("32764");
    }

    @Test
    void apply_twiceAndOverOtherRules_givesTheSame() {
        var rules = RedirectRules.standard(true);
        REDIRECTION.apply(client.netns(), rules);
        String once = ruleset(client);
        REDIRECTION.apply(client.netns(), rules);
        assertThat(ruleset(client)).isEqualTo(once);

        REDIRECTION.apply(client.netns(), NftTextTest.golden("dns"));
        assertThat(ruleset(client)).contains("ambit-raw");
        REDIRECTION.apply(client.netns(), rules);
        assertThat(ruleset(client)).isEqualTo(once);
    }

    @Test
    void apply_withoutZtunnel_refusesBothDirectionsInsteadOfBypassing() {
        App.start(lab.processes(), server, List.of("http:80"));
        assertThat(curl(client, server.address().getHostAddress())).isZero();

        REDIRECTION.apply(client.netns(), RedirectRules.standard(true));
        assertThat(curl(client, server.address().getHostAddress())).isEqualTo(7);

        REDIRECTION.remove(client.netns(), Names.AMBIT);
        REDIRECTION.apply(server.netns(), RedirectRules.standard(true));
        assertThat(curl(client, server.address().getHostAddress())).isEqualTo(7);
        // The pod itself still reaches its own address.
        assertThat(curl(server, server.address().getHostAddress())).isZero();
        assertThat(curl(server, "127.0.0.1")).isZero();

        REDIRECTION.stopCapturing(server.netns(), Names.AMBIT);
        assertThat(curl(client, server.address().getHostAddress())).isZero();
    }

    @Test
    void apply_withListenerAt15001_capturesBothFamiliesAndServiceAddresses() {
        App.start(lab.processes(), client, List.of("http:15001"));
        App.start(lab.processes(), server, List.of("http:80"));
        REDIRECTION.apply(client.netns(), RedirectRules.standard(true));

        assertThat(answer(client, server.address().getHostAddress()))
                .contains("served-by=shop/client");
        server.address6()
                .ifPresent(v6 ->
                        assertThat(answer(client, "[" + v6.getHostAddress() + "]"))
                                .contains("served-by=shop/client"));
        assertThat(answer(client, "10.96.7.7")).contains("served-by=shop/client");
    }

    private String ruleset(LabPod pod) {
        return lab.run(pod.netns(), "nft", "-s", "list", "ruleset");
    }

    private int curl(LabPod from, String host) {
        return from.netns()
                .inside("curl", "-sS", "--max-time", "5", "http://" + host + "/")
                .attempt(Duration.ofSeconds(10))
                .code();
    }

    private String answer(LabPod from, String host) {
        return lab.run(from.netns(), "curl", "-sS", "--max-time", "5", "http://" + host + "/");
    }
}
