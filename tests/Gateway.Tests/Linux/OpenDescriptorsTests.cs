using System.IO.Pipes;
using Gateway.Linux;
using Gateway.Testing;

namespace Gateway.Tests.Linux;

public class OpenDescriptorsTests
{
    /// <summary>
    /// Counting one by one opens one itself. Other tests open and close theirs meanwhile, so the two numbers meet again and again.
    /// </summary>
    [Fact]
    public async Task Count_IsThatOfTheFolder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors are Linux's");
        var pipes = Enumerable.Range(0, 100).Select(static _ => new AnonymousPipeServerStream()).ToList();

        await Eventually.TrueAsync(
            static () => OpenDescriptors.Count() is > 200 and var count && Math.Abs(count - OpenDescriptors.CountOneByOne()) <= 1,
            "the same number");

        pipes.ForEach(static pipe => pipe.Dispose());
    }
}
