package dev.ambit.ztunnel.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.outbound.CachingHosts.Asked;
import dev.ambit.ztunnel.outbound.HostResolver.Answer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CachingHostsTest {
    private static final Answer SOME =
            new Answer.Addresses(List.of(MeshOf.ip("9.9.9.9"), MeshOf.ip("fd00::9")));

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> asked = new ArrayList<>();
    private final List<Consumer<Asked>> pending = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private long now;

    private final CachingHosts hosts =
            hosts(
                    new ResolverLimits(
                            2,
                            Duration.ofMinutes(10),
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(5),
                            Duration.ofSeconds(10)));

    private CachingHosts hosts(ResolverLimits limits) {
        return new CachingHosts(
                (hostname, whenDone) -> {
                    asked.add(hostname);
                    pending.add(whenDone);
                },
                limits,
                () -> now);
    }

    private void resolve(String hostname) {
        hosts.resolve(hostname, channel.eventLoop(), answers::add);
        channel.runPendingTasks();
    }

    private void reply(Answer answer, Duration ttl) {
        pending.removeFirst().accept(new Asked(answer, ttl));
        channel.runPendingTasks();
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void answer_isKeptForItsTimeToLive() {
        resolve("a");
        reply(SOME, Duration.ofSeconds(30));
        pass(Duration.ofSeconds(29));
        resolve("a");
        assertThat(asked).containsExactly("a");

        pass(Duration.ofSeconds(1));
        resolve("a");
        assertThat(asked).containsExactly("a", "a");
        assertThat(answers).containsExactly(SOME, SOME);
    }

    @Test
    void thoseWhoWaitForOneName_askOnce() {
        resolve("a");
        resolve("a");
        assertThat(asked).containsExactly("a");
        reply(SOME, Duration.ZERO);

        assertThat(answers).containsExactly(SOME, SOME);
        resolve("a");
        assertThat(asked).containsExactly("a", "a");
    }

    @Test
    void failure_isKeptAsLongAsItsSourceSays() {
        resolve("a");
        reply(new Answer.Failed("no such domain"), Duration.ofSeconds(1));
        resolve("a");
        assertThat(answers).hasSize(2).containsOnly(new Answer.Failed("no such domain"));
        assertThat(asked).containsExactly("a");

        pass(Duration.ofSeconds(1));
        resolve("a");
        assertThat(asked).containsExactly("a", "a");
    }

    @Test
    void overlongTimeToLive_isCut() {
        resolve("a");
        reply(SOME, Duration.ofDays(300));
        pass(Duration.ofMinutes(10));
        resolve("a");

        assertThat(asked).containsExactly("a", "a");
    }

    @Test
    void tooManyNames_theOneNotUsedForLongestGoes() {
        for (var name : List.of("a", "b")) {
            resolve(name);
            reply(SOME, Duration.ofSeconds(30));
        }
        resolve("a");
        resolve("c");
        reply(SOME, Duration.ofSeconds(30));
        assertThat(hosts.size()).isEqualTo(2);

        resolve("a");
        resolve("b");
        assertThat(asked).containsExactly("a", "b", "c", "b");
    }

    @Test
    void nameThatIsPushedOutWhileAskedFor_isStillAnswered() {
        resolve("a");
        resolve("b");
        resolve("c");
        assertThat(hosts.size()).isEqualTo(2);
        reply(SOME, Duration.ofSeconds(30));

        assertThat(answers).containsExactly(SOME);
    }

    @Test
    void defaults() {
        assertThat(ResolverLimits.defaults())
                .isEqualTo(
                        new ResolverLimits(
                                4096,
                                Duration.ofDays(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(10)));
    }
}
