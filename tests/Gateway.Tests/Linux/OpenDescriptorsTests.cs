using System.IO.Pipes;
using Gateway.Linux;

namespace Gateway.Tests.Linux;

public class OpenDescriptorsTests
{
    private const int Pipes = 500;

    /// <summary>Other tests open and close descriptors meanwhile, but not so many.</summary>
    [Fact]
    public void Count_OfPipes_IsThatOfTheFolder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors are Linux's");
        var before = OpenDescriptors.Count();

        var pipes = Enumerable.Range(0, Pipes).Select(static _ => new AnonymousPipeServerStream()).ToList();
        var (count, oneByOne) = (OpenDescriptors.Count(), OpenDescriptors.CountOneByOne());
        pipes.ForEach(static pipe => pipe.Dispose());

        Assert.InRange(count - before, 2 * Pipes * 0.8, 2 * Pipes * 1.2);
        Assert.InRange(count, oneByOne * 0.8, oneByOne * 1.2);
    }
}
