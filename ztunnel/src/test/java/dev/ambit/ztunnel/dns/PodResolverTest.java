package dev.ambit.ztunnel.dns;

import static dev.ambit.ztunnel.dns.DnsMesh.name;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodResolverTest {
    private static final String OWN = "nameserver 10.0.0.9\nsearch node.example";

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final AtomicReference<Optional<String>> file = new AtomicReference<>(Optional.empty());
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicLong now = new AtomicLong();
    private final PodResolver resolver =
            new PodResolver(
                    "shop/web",
                    "shop",
                    name("cluster.local"),
                    () -> {
                        looks.incrementAndGet();
                        return file.get().map(text -> text.getBytes(UTF_8));
                    },
                    () -> Optional.of(OWN.getBytes(UTF_8)),
                    Runnable::run,
                    now::get,
                    DnsLimits.defaults());

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Resolver find() {
        var found = new CompletableFuture<Resolver>();
        resolver.find(loop, found::complete);
        return found.orTimeout(5, TimeUnit.SECONDS).join();
    }

    @Test
    void fileOfThePod_isTheResolver_andLookedAtOnce() {
        file.set(Optional.of("nameserver 10.96.0.10\nsearch corp.example"));

        assertThat(find().nameservers()).hasToString("[/10.96.0.10:53]");
        assertThat(find().search()).containsExactly(name("corp.example"));
        assertThat(find().origin()).isEqualTo(Resolver.Origin.POD);
        assertThat(looks).hasValue(1);
    }

    @Test
    void noFile_isTheUsualListAndTheOwnNameServers_untilThereIsOne() {
        assertThat(find().origin()).isEqualTo(Resolver.Origin.ASSUMED);
        assertThat(find().nameservers()).hasToString("[/10.0.0.9:53]");
        assertThat(find().search()).contains(name("shop.svc.cluster.local"));

        file.set(Optional.of("nameserver 10.96.0.10"));
        now.addAndGet(DnsLimits.defaults().resolverRefresh().toNanos() + 1);
        find();

        assertThat(find().origin()).isEqualTo(Resolver.Origin.POD);
        assertThat(looks).hasValue(2);
    }

    @Test
    void fileWithoutNameServers_isAsGoodAsNone() {
        file.set(Optional.of("search corp.example"));

        assertThat(find().origin()).isEqualTo(Resolver.Origin.ASSUMED);
    }
}
