/// The lab's commands: demo, up, exec, down.
@NullMarked
package dev.ambit.e2e.cmd;

import org.jspecify.annotations.NullMarked;
