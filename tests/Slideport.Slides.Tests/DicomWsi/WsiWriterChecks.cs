using System.Diagnostics;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>
/// The standard's own judges: <c>dciodvfy</c> for each instance, <c>dcentvfy</c> across them. Where they are not installed tests skip, and
/// fail where CI=true.
/// </summary>
internal static class WsiWriterChecks
{
    // dciodvfy compares NumberOfFrames with the whole matrix even in a concatenation, where PS3.3 C.7.6.16.1.1 has it count the frames of
    // this part alone, and where positions allow frames to be left out.
    private const string KnownFalseAlarm = "NumberOfFrames does not match expected value for tiled total pixel matrix";

    /// <summary>Fails unless every file is free of errors and all agree about what they share.</summary>
    public static async Task AssertConformantAsync(IReadOnlyList<string> files, bool areFramesLeftOut = false)
    {
        foreach (var file in files)
        {
            var report = await RunAsync("dciodvfy", "-new", file);
            var errors = report.Split('\n').Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ToList();
            if (areFramesLeftOut || file.Contains("-part-", StringComparison.Ordinal))
                errors.RemoveAll(line => line.Contains(KnownFalseAlarm, StringComparison.Ordinal));
            Assert.True(errors.Count == 0, $"{Path.GetFileName(file)}: {string.Join('\n', errors)}");
        }

        Assert.Equal("", (await RunAsync("dcentvfy", [.. files])).Trim());
    }

    /// <summary>Runs a tool and returns what it printed, on either stream.</summary>
    public static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return await output + await errors;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            var reason = $"{tool} is not installed (Debian: dicom3tools, dcmtk, python3-pydicom, python3-openslide).";
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
            Assert.Skip(reason);
            return "";
        }
    }
}
