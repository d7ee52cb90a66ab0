using System.Text.RegularExpressions;
using Slideport.Converter.Tests;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;

namespace Slideport.Faults.Tests;

/// <summary>fsync fails under the running server: the kernel has dropped the pages then, and a second fsync of the same file would lie.</summary>
public sealed partial class FailingDiskTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-eio-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Join(_root, "data");

    private string In => Path.Join(Data, "spool/in");

    private string Log => Path.Join(_root, "log");

    [Fact]
    public async Task A_disk_that_goes_on_failing_gets_nothing_more_until_somebody_has_restarted()
    {
        ServerProcess.RequireStrace();
        var files = Enumerable.Range(0, 5).Select(i => SmallInstance.Write(Path.Join(_root, "files"), i)).ToArray();
        await using (var server = await ServerProcess.StartAsync(Data, "-y", "-o", Log, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1+"))
        {
            var failed = await TestPeer.SendAsync(server.Port!.Value, files[..3]);
            Assert.All(failed, o => Assert.Equal(DimseStatus.OutOfResources, o.Status));
            Assert.All(failed, o => Assert.Contains("stable storage", o.ErrorComment, StringComparison.Ordinal));
            await server.EndFaultAsync();

            // The disk works again, but nobody has looked at it.
            var refused = Assert.Single(await TestPeer.SendAsync(server.Port.Value, files[3..4]));
            Assert.Equal(DimseStatus.OutOfResources, refused.Status);
            Assert.Contains("must be checked", refused.ErrorComment, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(In));
        }

        // Parts have names of their own: the same name would be the same file.
        Assert.Equal(3, Flushed().Count(p => p.EndsWith(".part", StringComparison.Ordinal)));
        Assert.Equal(Flushed().Distinct(), Flushed());
        await using (var server = await ServerProcess.StartAsync(Data))
            Assert.All(await TestPeer.SendAsync(server.Port!.Value, files), o => Assert.Equal(DimseStatus.Success, o.Status));
    }

    [Fact]
    public async Task A_failure_at_any_step_of_storing_is_answered_A700_and_the_instance_is_taken_and_delivered_when_it_comes_again()
    {
        ServerProcess.RequireStrace();
        var files = TestSlide.Write(Path.Join(_root, "files"));
        await using (var server = await ServerProcess.StartAsync(Data, "-y", "-o", Log, "-e", "trace=fsync"))
            await TestPeer.SendAsync(server.Port!.Value, files.Take(1));
        var steps = Flushed().Where(p => p.StartsWith(Path.Join(Data, "spool"), StringComparison.Ordinal)).Distinct().ToArray();

        var refused = 0;
        foreach (var step in steps)
        {
            Directory.Delete(Data, recursive: true);
            refused += await FailAtAsync(step, files) ? 1 : 0;
        }

        // The part, its receipt, three new folders' names, the folder with the new name, the record.
        Assert.True(refused >= 6, $"of {string.Join(", ", steps)} only {refused} were in the way");
    }

    private async Task<bool> FailAtAsync(string path, IReadOnlyList<string> files)
    {
        await using var server = await ServerProcess.StartAsync(
            Data, "-y", "-o", Log, "-P", path, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1");
        var outcome = Assert.Single(await TestPeer.SendAsync(server.Port!.Value, files.Take(1)));
        await server.EndFaultAsync();
        var failures = File.ReadLines(Log).Count(l => l.Contains("INJECTED", StringComparison.Ordinal));
        Assert.True(outcome.Status == DimseStatus.Success || (outcome.Status == DimseStatus.OutOfResources && failures > 0), $"{path}: {outcome}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(In));

        await using var association = await TestPeer.ConnectAsync(server.Port.Value);
        foreach (var file in files)
        {
            Assert.Equal(DimseStatus.Success, (await association.StoreAsync(file)).Status);
            // What is acknowledged has a record, or nobody would ever deliver it.
            Assert.Single(Directory.EnumerateFiles(Path.Join(Data, "spool/ready"), "slide.json", SearchOption.AllDirectories));
        }

        var all = files.Select(f => new InstanceReference(Uids.VLWholeSlideMicroscopyImageStorage, ConverterHost.UidOf(f)));
        Assert.Empty((await StorageCommitmentScu.RequestAsync(association, [.. all], Cancel)).Failed);
        await association.ReleaseAsync(Cancel);
        await ServerFolder.VerifiedAsync(Data, TimeSpan.FromSeconds(60));
        Assert.Single(ServerFolder.Visible(Data));
        return outcome.Status == DimseStatus.OutOfResources;
    }

    // What was flushed, in order; strace -y writes fsync(7</path>).
    private string[] Flushed() => [.. File.ReadLines(Log).Select(l => Descriptor().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"fsync\(\d+<([^>]*)>")]
    private static partial Regex Descriptor();
}
