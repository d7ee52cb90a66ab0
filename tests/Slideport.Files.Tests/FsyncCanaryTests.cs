namespace Slideport.Files.Tests;

/// <summary>Why the product calls fsync itself, proven on the runtime it runs on.</summary>
public sealed class FsyncCanaryTests
{
    private const string FsyncFails = "fsync:error=EIO";

    [Fact]
    public async Task Our_flush_reports_a_failed_fsync()
    {
        using var folder = new TempFolder();

        Assert.Equal("fsync errno 5", await Strace.RunAsync("flush", FsyncFails, folder.Path));
    }

    // The canary. It never fails: it says which of two worlds this is. On .NET 10.0.12 both framework calls swallow the error
    // (SystemNative_FSync returned 1 where -1 was meant) and the test passes, which proves that the ban on them is needed.
    // On a runtime that is repaired it is reported as skipped, with that reason; the ban may go once no older runtime is supported.
    [Theory]
    [InlineData("framework-flush", "FileStream.Flush(true)")]
    [InlineData("framework-flush-to-disk", "RandomAccess.FlushToDisk")]
    public async Task The_framework_swallows_a_failed_fsync(string operation, string call)
    {
        using var folder = new TempFolder();

        var outcome = await Strace.RunAsync(operation, FsyncFails, folder.Path);

        Assert.SkipUnless(outcome == "done", $"{call} of .NET {Environment.Version} reports a failed fsync ({outcome}): repaired here.");
    }

    [Fact]
    public async Task Without_a_fault_the_same_child_reports_success()
    {
        using var folder = new TempFolder();

        Assert.Equal("done", await Strace.RunAsync("flush", "fsync:delay_exit=1", folder.Path));
    }
}
