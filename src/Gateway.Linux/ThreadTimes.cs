using System.Globalization;

namespace Gateway.Linux;

/// <summary>
/// How long a thread of this process has run, and how long it was ready to run but got no CPU: /proc/self/task/TID/schedstat.
/// </summary>
/// <param name="Ran">The time on a CPU.</param>
/// <param name="WaitedForCpu">The time in the scheduler's queue.</param>
internal readonly record struct ThreadTimes(TimeSpan Ran, TimeSpan WaitedForCpu)
{
    /// <summary>The calling thread's number.</summary>
    public static int CurrentThread => LibC.gettid();

    /// <summary>Reads the times; null: the thread has ended, or the kernel does not count them (CONFIG_SCHED_INFO).</summary>
    /// <param name="thread">The thread's number.</param>
    public static ThreadTimes? Read(int thread)
    {
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/schedstat");
            var fields = File.ReadAllText(path).Split(' ');
            return new ThreadTimes(FromNanoseconds(fields[0]), FromNanoseconds(fields[1]));
        }
        catch (Exception unknown)
            when (unknown is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static TimeSpan FromNanoseconds(string text) =>
        TimeSpan.FromTicks(long.Parse(text, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);
}
