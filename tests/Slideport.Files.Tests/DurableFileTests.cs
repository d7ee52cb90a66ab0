using System.Text;

namespace Slideport.Files.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void CreateNew_refuses_a_name_that_exists()
    {
        DurableFile.CreateNew(At("a")).Dispose();

        var refused = Assert.Throws<DurabilityException>(() => DurableFile.CreateNew(At("a")));
        Assert.Equal(17, refused.Errno);
    }

    [Fact]
    public void CreateNew_gives_a_file_only_its_owner_can_read()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows has no file modes");
        DurableFile.CreateNew(At("a")).Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("a")));
    }

    [Fact]
    public void TryRename_never_replaces()
    {
        File.WriteAllText(At("a"), "new");
        File.WriteAllText(At("b"), "old");

        Assert.False(DurableFile.TryRename(At("a"), At("b")));
        Assert.Equal("old", File.ReadAllText(At("b")));
        Assert.True(DurableFile.TryRename(At("a"), At("c")));
        Assert.Equal("new", File.ReadAllText(At("c")));
    }

    [Fact]
    public void TryRename_refuses_another_file_system_instead_of_copying()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "needs a second file system at /dev/shm");
        File.WriteAllText(At("a"), "x");

        Assert.Throws<DurabilityException>(() => DurableFile.TryRename(At("a"), $"/dev/shm/slideport-{Guid.NewGuid():N}"));
    }

    [Fact]
    public void Replace_puts_new_contents_under_an_old_name()
    {
        DurableFile.Replace(At("state"), "one"u8);
        DurableFile.Replace(At("state"), "two"u8);

        Assert.Equal("two", File.ReadAllText(At("state")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void RenameOver_puts_a_file_in_the_place_of_another()
    {
        File.WriteAllText(At("a"), "new");
        File.WriteAllText(At("b"), "old");

        DurableFile.RenameOver(At("a"), At("b"));

        Assert.Equal("new", File.ReadAllText(At("b")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Replace_survives_what_a_crash_left_behind()
    {
        File.WriteAllText(At("state.new"), "half");

        DurableFile.Replace(At("state"), "whole"u8);

        Assert.Equal("whole", File.ReadAllText(At("state")));
    }

    [Fact]
    public void TryLock_lets_nobody_else_in_until_it_is_released()
    {
        using (var first = DurableFile.TryLock(At("lock")))
        {
            Assert.NotNull(first);
            Assert.Null(DurableFile.TryLock(At("lock")));
        }

        using var second = DurableFile.TryLock(At("lock"));
        Assert.NotNull(second);
    }

    [Fact]
    public void KernelCopy_copies_exactly_the_stretch()
    {
        File.WriteAllBytes(At("a"), Encoding.ASCII.GetBytes("0123456789"));
        using var source = DurableFile.OpenRead(At("a"));
        using (var target = DurableFile.CreateNew(At("b")))
            KernelCopy.Copy(source, 2, target, 1, 5, TestContext.Current.CancellationToken);

        Assert.Equal("\02345"u8.ToArray().Append((byte)'6'), File.ReadAllBytes(At("b")));
    }

    [Fact]
    public void KernelCopy_crosses_file_systems()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "needs a second file system at /dev/shm");
        var other = $"/dev/shm/slideport-{Guid.NewGuid():N}";
        var bytes = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 251)).ToArray();
        File.WriteAllBytes(other, bytes);
        try
        {
            using (var source = DurableFile.OpenRead(other))
            using (var target = DurableFile.CreateNew(At("b")))
                KernelCopy.Copy(source, 0, target, 0, bytes.Length, TestContext.Current.CancellationToken);

            Assert.Equal(bytes, File.ReadAllBytes(At("b")));
        }
        finally
        {
            File.Delete(other);
        }
    }

    [Fact]
    public void KernelCopy_tells_a_source_that_ends_too_early()
    {
        File.WriteAllText(At("a"), "short");
        using var source = DurableFile.OpenRead(At("a"));
        using var target = DurableFile.CreateNew(At("b"));

        Assert.Throws<EndOfStreamException>(() => KernelCopy.Copy(source, 0, target, 0, 6, TestContext.Current.CancellationToken));
    }

    private string At(string name) => Path.Join(_folder, name);
}
