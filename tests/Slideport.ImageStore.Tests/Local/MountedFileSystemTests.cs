using Slideport.ImageStore.Local;

namespace Slideport.ImageStore.Tests.Local;

/// <summary>What is said of the file system a folder lies on.</summary>
public sealed class MountedFileSystemTests
{
    private static readonly string[] Mounts =
    [
        "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
        "30 21 0:40 / /mnt/slides rw,relatime shared:5 - cifs //nas/slides rw,vers=3.1.1,seal,cache=strict,username=x",
        "31 21 0:41 / /mnt/slides/open rw,relatime - cifs //nas/open rw,vers=3.0,cache=strict",
        @"32 21 0:42 / /mnt/two\040words rw - tmpfs none rw",
        "33 21 0:43 / /mnt/hidden rw - tmpfs none rw",
        "34 33 0:44 / /mnt/hidden rw - xfs /dev/vdb rw",
        "no mount at all",
    ];

    [Theory]
    [InlineData("/data/slides", "A folder on ext4, mounted at /.")]
    [InlineData("/mnt/slides", "An SMB 3.1.1 share, encrypted, mounted at /mnt/slides.")]
    [InlineData("/mnt/slides/2026", "An SMB 3.1.1 share, encrypted, mounted at /mnt/slides.")]
    [InlineData("/mnt/slides2", "A folder on ext4, mounted at /.")]
    [InlineData("/mnt/slides/open/2026", "An SMB 3.0 share, NOT encrypted, mounted at /mnt/slides/open: mount it with the option 'seal'.")]
    [InlineData("/mnt/two words/x", "A folder on tmpfs, mounted at /mnt/two words.")]
    [InlineData("/mnt/hidden/x", "A folder on xfs, mounted at /mnt/hidden.")]
    public void The_innermost_mount_counts_and_of_those_at_one_place_the_last(string folder, string expected) => Assert.Equal(expected, MountedFileSystem.Describe(folder, Mounts));

    [Fact]
    public void This_machine_says_something() => Assert.StartsWith("A folder on ", MountedFileSystem.Describe(Path.GetTempPath()), StringComparison.Ordinal);
}
