namespace Slideport.Files.Tests;

/// <summary>Every call to the kernel is made to fail once: each failure is seen, or has its documented second way.</summary>
public sealed class KernelFaultTests
{
    [Theory]
    [InlineData("flush-directory", "fsync:error=EIO", "fsync errno 5")]
    [InlineData("replace", "fsync:error=EIO:when=1", "fsync errno 5")] // the file
    [InlineData("replace", "fsync:error=EIO:when=2", "fsync errno 5")] // its directory
    [InlineData("replace", "/^rename:error=EROFS", "rename errno 30")]
    [InlineData("rename", "renameat2:error=EXDEV", "renameat2 errno 18")] // never a copy
    [InlineData("rename", "renameat2:error=EEXIST", "IOException")]
    [InlineData("rename", "renameat2:error=EINVAL", "done")] // hard link instead
    [InlineData("preallocate", "fallocate:error=ENOSPC", "fallocate errno 28 space")]
    [InlineData("preallocate", "fallocate:error=EDQUOT", "fallocate errno 122 space")]
    [InlineData("preallocate", "fallocate:error=EOPNOTSUPP", "done")]
    [InlineData("writeback", "sync_file_range:error=EIO", "done")] // a hint; the flush decides
    [InlineData("writeback", "sync_file_range:error=ENOSYS", "done")]
    [InlineData("copy", "copy_file_range:error=EIO", "copy_file_range errno 5")]
    [InlineData("copy", "copy_file_range:error=EXDEV", "done")]
    [InlineData("copy", "copy_file_range:error=ENOSPC", "copy_file_range errno 28 space")]
    [InlineData("delete", "fsync:error=EIO", "fsync errno 5")]
    public async Task A_failing_call_is_reported_or_has_its_second_way(string operation, string injection, string expected)
    {
        using var folder = new TempFolder();

        Assert.Equal(expected, await Strace.RunAsync(operation, injection, folder.Path));
    }
}
