using System.Globalization;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>
/// SAM is killed with SIGKILL, at any moment of its work and at chosen system calls of its first start, and started again. Short by default;
/// SLIDEPORT_LONG=1 does both many more times.
/// </summary>
public sealed class SamKillTests : IDisposable
{
    private static readonly string[] Calls = ["pwrite64", "fsync", "renameat"];

    private readonly string _root = Directory.CreateTempSubdirectory("slideport-samkill-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static bool IsLong => Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1";

    [Fact]
    public async Task Killed_at_any_moment_it_has_all_it_acknowledged_once_and_the_audit_trail_is_whole()
    {
        var data = Path.Join(_root, "data");
        await using var dsr = await DsrStandIn.StartAsync();
        using var laboratory = new Laboratory(data);
        await using (var sam = await SamProcess.StartAsync(data))
        {
            await laboratory.SetUpAsync(sam.Address!, dsr.Port);
            await KillWhileItWorksAsync(sam, laboratory);
        }

        for (var round = 0; round < (IsLong ? 40 : 1); round++)
        {
            await using var sam = await SamProcess.StartAsync(data);
            await KillWhileItWorksAsync(sam, laboratory);
        }

        long version;
        await using (var sam = await SamProcess.StartAsync(data))
        {
            using var end = new CancellationTokenSource();
            var acknowledged = laboratory.Acknowledged;
            var speaking = laboratory.SpeakAsync(sam.Address!, end.Token);
            await Laboratory.UntilAsync(() => Task.FromResult(laboratory.Acknowledged > acknowledged + 20));
            await end.CancelAsync();
            await speaking;
            using var scanner = laboratory.Scanner(sam.Address!);
            version = await Laboratory.AcknowledgeConfigurationAsync(scanner);
            await Laboratory.UntilAsync(() => Task.FromResult(dsr.Taken.Count >= laboratory.Images.Count));
            Assert.Equal(0, await sam.StopAsync());
        }

        // Of what was sent and not acknowledged, the last of each was sent again, and acknowledged then.
        Assert.Equal(laboratory.Images.Order(), await AskAsync("SELECT ImageId FROM Images ORDER BY ImageId"));
        Assert.Equal(laboratory.Images.Select(i => $"{Laboratory.Serial}/{i}").Order(), dsr.Taken.Order());
        Assert.Equal(["0"], await AskAsync("SELECT COUNT(*) FROM Outbox"));
        Assert.Equal(laboratory.Events.Order(), await AskAsync("SELECT SenderId FROM Events ORDER BY SenderId"));
        Assert.Equal([version.ToString(CultureInfo.InvariantCulture)], await AskAsync("SELECT AcknowledgedVersion FROM Scanners"));
        // A change that was made and not acknowledged was made again: its reason stands there twice.
        var changes = await AskAsync("SELECT Reason FROM ConfigurationChanges WHERE Reason LIKE 'C%'");
        Assert.Equal(laboratory.Changes.Order(), changes.Distinct().Order());
        var pins = int.Parse((await AskAsync("SELECT COUNT(*) FROM Audit WHERE Action = 'pin.use' AND Outcome = 'success'"))[0], CultureInfo.InvariantCulture);
        Assert.InRange(pins, laboratory.Pins.LetIn, laboratory.Pins.Asked);
        await SamDatabaseFile.AssertWholeAsync(data);

        Task<List<string>> AskAsync(string question) => SamDatabaseFile.AskAsync(data, question);
    }

    [Fact]
    public async Task A_first_start_killed_at_any_step_is_followed_by_one_that_works()
    {
        ServerProcess.RequireStrace();
        var counted = await CountAsync();
        var points = IsLong ? 40 : 2;
        var steps =
            from call in Calls
            let last = counted[call]
            from at in Enumerable.Range(1, points).Select(i => Math.Max(1, last * i / (points + 1))).Distinct()
            select (call, at);
        var killed = 0;
        await Parallel.ForEachAsync(steps, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Cancel }, async (step, _) =>
        {
            if (await KillFirstStartAsync(step.call, step.at))
                Interlocked.Increment(ref killed);
        });
        Assert.True(killed >= Calls.Length, $"only {killed} starts were killed");
    }

    private static async Task KillWhileItWorksAsync(SamProcess sam, Laboratory laboratory)
    {
        var until = laboratory.Acknowledged + Random.Shared.Next(20, 120);
        var speaking = laboratory.SpeakAsync(sam.Address!, CancellationToken.None);
        await Laboratory.UntilAsync(() => Task.FromResult(laboratory.Acknowledged >= until || speaking.IsCompleted));
        await sam.KillAsync();
        await speaking;
    }

    private async Task<bool> KillFirstStartAsync(string call, int at)
    {
        var data = Path.Join(_root, string.Create(CultureInfo.InvariantCulture, $"{call}-{at}"));
        bool killed;
        await using (var sam = await SamProcess.StartAsync(data, null, "-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")))
        {
            killed = sam.Address is null;
            await sam.KillAsync();
        }

        await using (var sam = await SamProcess.StartAsync(data))
        {
            Assert.True(sam.Address is not null, $"{call} {at}: {string.Join('\n', sam.Lines)}");
            using var laboratory = new Laboratory(data);
            await laboratory.SetUpAsync(sam.Address);
            using var scanner = laboratory.Scanner(sam.Address);
            await scanner.PutImageAsync(TestImage.Of("I1"), Cancel);
            await sam.KillAsync();
        }

        await SamDatabaseFile.AssertWholeAsync(data);
        Directory.Delete(data, recursive: true);
        return killed;
    }

    // How often the busiest thread of a whole first start makes each call: up to there, each number is met by some thread.
    private async Task<Dictionary<string, int>> CountAsync()
    {
        var (data, log) = (Path.Join(_root, "counted"), Path.Join(_root, "count.txt"));
        await using (var sam = await SamProcess.StartAsync(data, null, "-o", log, "-e", $"trace={string.Join(',', Calls)}"))
        {
            Assert.NotNull(sam.Address);
            await sam.KillAsync();
        }

        var lines = await File.ReadAllLinesAsync(log, Cancel);
        return Calls.ToDictionary(call => call, call => lines.Where(l => l.Contains(call + "(", StringComparison.Ordinal)).CountBy(l => l.Split(' ')[0]).Select(c => c.Value).DefaultIfEmpty().Max());
    }
}
