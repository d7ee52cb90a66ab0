using System.Diagnostics;

namespace Slideport.Faults.Tests;

/// <summary>A file system of its own that is soon full, in memory. Mounting one needs root; without, the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Enospc = 28;

    private readonly List<string> _ballast = [];

    private SmallDisk(string folder) => Folder = folder;

    internal string Folder { get; }

    /// <summary>Mounts one.</summary>
    /// <param name="options">Options of tmpfs: <c>size=</c> or <c>nr_inodes=</c>.</param>
    internal static SmallDisk Mount(string options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a small disk needs root");
        var folder = Directory.CreateTempSubdirectory("slideport-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", options, "slideport-test", folder) == 0)
            return new SmallDisk(folder);
        Directory.Delete(folder);
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "root may not mount here");
        throw new InvalidOperationException($"mount -o {options} failed");
    }

    /// <summary>Mounts it again with other options: <c>ro</c>, <c>rw</c>.</summary>
    internal void Remount(string options) => Assert.Equal(0, Run("mount", "-o", $"remount,{options}", Folder));

    /// <summary>Takes all the room but so many bytes.</summary>
    internal void Fill(long left)
    {
        var room = new DriveInfo(Folder).AvailableFreeSpace - left;
        using var file = File.OpenHandle(Ballast(), FileMode.CreateNew, FileAccess.Write);
        var block = new byte[4096];
        try
        {
            for (long at = 0; at < room; at += block.Length)
                RandomAccess.Write(file, block, at);
        }
        catch (IOException e) when (e.HResult == Enospc)
        {
            // Who is tried here writes too, and was quicker: the disk is as full as was asked.
        }
    }

    /// <summary>Takes all the file names but so many.</summary>
    internal void FillNames(int left)
    {
        try
        {
            while (true)
                File.OpenHandle(Ballast(), FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (IOException e) when (e.HResult == Enospc)
        {
            _ballast.RemoveAt(_ballast.Count - 1);
        }

        for (; left > 0; left--)
        {
            File.Delete(_ballast[^1]);
            _ballast.RemoveAt(_ballast.Count - 1);
        }
    }

    /// <summary>Gives all of it back.</summary>
    internal void MakeRoom()
    {
        _ballast.ForEach(File.Delete);
        _ballast.Clear();
    }

    public void Dispose()
    {
        // Lazily: a test that failed may have left files open.
        Assert.Equal(0, Run("umount", "-l", Folder));
        Directory.Delete(Folder);
    }

    private string Ballast()
    {
        var path = Path.Join(Folder, $"ballast-{_ballast.Count}");
        _ballast.Add(path);
        return path;
    }

    private static int Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
