namespace Gateway.FunctionalTests;

/// <summary>
/// The relay engines, as theory data. In CI the Linux engine alone, for want of time: the suite of both engines is in Gateway.Tests, and
/// tests/run.sh without CI=true runs everything on both.
/// </summary>
public static class Engines
{
    public const string Linux = "Linux";
    public const string Portable = "Portable";

    public static TheoryData<string> All => Environment.GetEnvironmentVariable("CI") == "true" ? [Linux] : [Linux, Portable];
}
