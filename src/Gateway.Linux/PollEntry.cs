namespace Gateway.Linux;

/// <summary>struct pollfd of poll(2).</summary>
internal struct PollEntry
{
    internal int Descriptor;
    internal short Events;
    internal short Returned;
}
