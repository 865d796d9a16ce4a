namespace Gateway.Testing;

/// <summary>The pace of a peer that is slow on purpose, or of a load. It waits for nothing to happen: what does is <see cref="Eventually"/>.</summary>
public static class Tempo
{
    /// <summary>Lets <paramref name="pause"/> pass between two steps of a peer.</summary>
    public static Task PauseAsync(TimeSpan pause) => Task.Delay(pause);

    /// <summary>Lets <paramref name="pause"/> pass, or less if <paramref name="end"/> comes first.</summary>
    public static Task PauseAsync(TimeSpan pause, Task end) => Task.WhenAny(end, Task.Delay(pause));
}
