namespace Slideport.Faults.Tests.Sam;

/// <summary>Two versions of SQLite in one process: SAM's own, and the one that comes with OpenSlide.</summary>
public sealed class SecondSqliteTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-sqlite-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task SAM_uses_its_own_whichever_was_there_first()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere libraries are bound to their own functions anyway");
        await using var child = new ChildProcess([Environment.ProcessPath!, "second-sqlite", _root], [], "");

        var said = await child.FindAsync();
        var exitCode = await child.WaitAsync();

        Assert.SkipWhen(said == "there is none", "the system has no SQLite of its own");
        Assert.Equal((0, "done"), (exitCode, said));
    }
}
