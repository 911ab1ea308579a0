package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class EdfScheduleTest {
    @Test
    void picks_byWeight_interleave() {
        double[] weights = {1, 2};
        var schedule = new EdfSchedule(2, i -> weights[i], 0);
        var picks = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            picks.append(schedule.pick(j -> weights[j]));
        }
        assertThat(picks).hasToString("101101");
    }

    @Test
    void picks_equalDeadlines_firstInFirstOut() {
        var schedule = new EdfSchedule(3, _ -> 1, 0);
        var picks = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            picks.append(schedule.pick(_ -> 1));
        }
        assertThat(picks).hasToString("012012");
    }

    @Test
    void nothingWithWeight_isEmpty() {
        var schedule = new EdfSchedule(2, _ -> 0, 5);
        assertThat(schedule.isEmpty()).isTrue();
        assertThat(schedule.pick(_ -> 0)).isEqualTo(-1);
    }

    @Property(tries = 100)
    void picks_ofAnyWeights_areMet(
            @ForAll @Size(min = 1, max = 9) List<@IntRange(min = 1, max = 20) Integer> drawn,
            @ForAll @IntRange(max = 30) int skip) {
        int[] weights = drawn.stream().mapToInt(Integer::intValue).toArray();
        int sum = IntStream.of(weights).sum();
        var schedule = new EdfSchedule(weights.length, i -> weights[i], skip);
        int[] counts = new int[weights.length];
        for (int i = 0; i < sum * 10; i++) {
            counts[schedule.pick(j -> weights[j])]++;
        }
        for (int i = 0; i < weights.length; i++) {
            assertThat(Math.abs(counts[i] - 10 * weights[i])).isLessThanOrEqualTo(2);
        }
    }
}
