package dev.ambit.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessIdTest {
    @Test
    void startTicks_nameWithBracketsAndSpaces_isRead() {
        var stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3";
        assertThat(ProcessId.startTicks(stat)).contains(987654L);
    }

    @Test
    void startTicks_cutShort_isEmpty() {
        assertThat(ProcessId.startTicks("42 (x) S 1 2")).isEmpty();
        assertThat(ProcessId.startTicks("")).isEmpty();
    }

    @Test
    void parse_whatWasWritten_isTheSame() {
        assertThat(ProcessId.parse("17 99 ztunnel node-1")).contains(new ProcessId(17, 99));
        assertThat(ProcessId.parse("rubbish")).isEmpty();
        assertThat(ProcessId.parse("1 two")).isEmpty();
    }

    @Test
    void isAlive_otherStartTime_isFalse() {
        ProcessId self = ProcessId.self();
        assertThat(self.isAlive()).isTrue();
        assertThat(new ProcessId(self.pid(), self.startTicks() + 1).isAlive()).isFalse();
    }
}
