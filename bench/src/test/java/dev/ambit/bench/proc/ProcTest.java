package dev.ambit.bench.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcTest {
    @Test
    void cpuTicks_nameWithBracketsAndSpaces_areUserPlusSystem() throws Exception {
        String stat =
                "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 200 0 0 17 25 3 4 20 0 9 0 123 1 2 3";

        assertThat(ProcessCpu.parse(stat)).isEqualTo(17 + 25);
    }

    @Test
    void cpuTicks_garbage_saysSo() {
        assertThatThrownBy(() -> ProcessCpu.parse("42 (x) S"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("42 (x) S");
    }

    @Test
    void cpuTicks_ofAProcessThatIsNone_namesIt() {
        assertThatThrownBy(() -> ProcessCpu.ticks(Integer.MAX_VALUE))
                .hasMessageContaining("" + Integer.MAX_VALUE);
    }

    @Test
    void memory_status_isReadInKibibytes() throws Exception {
        var memory =
                ProcessMemory.parse(
                        List.of("Name:\tx", "VmRSS:\t   14132 kB", "RssAnon:\t    4096 kB"));

        assertThat(memory).isEqualTo(new ProcessMemory(14_132, 4_096));
    }

    @Test
    void memory_ofThisProcess_isMoreThanNothing() throws Exception {
        var memory = ProcessMemory.of(ProcessHandle.current().pid());

        assertThat(memory.anonymous()).isPositive().isLessThanOrEqualTo(memory.rss());
    }

    @Test
    void machine_line_isSplitIntoWorkInterruptsIdleAndStolen() throws Exception {
        var cpu = MachineCpu.parse("cpu  10 1 20 400 5 2 3 7 0 0");

        assertThat(cpu).isEqualTo(new MachineCpu(31, 5, 405, 7));
        assertThat(cpu.total()).isEqualTo(448);
    }

    @Test
    void machine_otherLine_saysSo() {
        assertThatThrownBy(() -> MachineCpu.parse("cpu0 1 2 3")).hasMessageContaining("cpu0 1 2 3");
    }
}
