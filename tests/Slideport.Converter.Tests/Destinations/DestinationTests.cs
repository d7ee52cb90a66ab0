using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Converter.Tests.Destinations;

/// <summary>From a verified slide to every further destination whose rules chose it, and what happens when one of them is in the way.</summary>
public sealed class DestinationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_goes_to_each_destination_that_its_rules_choose_in_the_format_asked_for()
    {
        await using var host = await StartAsync(host => new()
        {
            ["svs"] = new() { Location = Folder(host, "svs"), FileNameTemplate = "{Scanner}/{Barcode}" },
            ["dicom"] = new() { Location = Folder(host, "dicom"), Format = OutputFormat.Dicom },
            ["full"] = new() { Location = Folder(host, "full"), Format = OutputFormat.DicomTiledFull, Barcode = "S26-.*" },
            ["others"] = new() { Location = Folder(host, "others"), Barcode = "T.*" },
        });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var record = await host.UntilAsync(r => r.Destinations.Count > 0 && r.Destinations.All(d => d.State == DestinationState.Verified));

        Assert.Equal(["dicom", "full", "svs"], record.Destinations.Select(d => d.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["SS12345/S26-0815.svs"], Visible(host, "svs"));
        Assert.Equal(3, Visible(host, "dicom").Length);
        Assert.Empty(Visible(host, "others"));
        foreach (var destination in record.Destinations)
            Assert.Null(Fidelity.Compare(host.At("files"), Path.Join(host.At(destination.Name), destination.Manifest!.Path), Cancel).Difference);
        Assert.Single(host.Delivered());
        Assert.Empty(Hidden(host, "svs").Concat(Hidden(host, "dicom")).Concat(Hidden(host, "full")));
    }

    [Fact]
    public async Task The_spool_keeps_a_slide_until_the_last_destination_has_it()
    {
        await using var host = await StartAsync(host => new() { ["away"] = new() { Location = host.At("away") } }, retention: TimeSpan.Zero);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var waiting = await host.UntilAsync(r => r.Destinations is [{ Setbacks: >= 3 }]);
        Assert.Contains("There is no folder", waiting.Destinations[0].Reason, StringComparison.Ordinal);
        Assert.Equal(SlideState.Verified, waiting.State);

        Folder(host, "away");
        await host.UntilAsync(SlideState.Purged);
        Assert.Single(Visible(host, "away"));
    }

    [Fact]
    public async Task While_the_image_file_system_is_away_further_destinations_get_the_slide_also_after_a_restart_and_once_it_is_back_so_does_it()
    {
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research") }, ["late"] = new() { Location = host.At("late") } });
        TakeAway(host);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var waiting = await host.UntilAsync(r => r.Destinations.Any(d => d.IsNamed("research") && d.State == DestinationState.Verified));
        Assert.NotEqual(SlideState.Verified, waiting.State);
        Assert.Null(waiting.Manifest?.Sha256);
        await host.RestartAsync();
        Folder(host, "late");
        waiting = await host.UntilAsync(r => r.Destinations.All(d => d.IsSettled));
        Assert.NotEqual(SlideState.Verified, waiting.State);

        GiveBack(host);
        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(waiting.Destinations.Select(d => d.Since), record.Destinations.Select(d => d.Since)); // none has been there again
        Assert.Equal((1, 1), (Visible(host, "research").Length, Visible(host, "late").Length));
        Assert.Single(host.Delivered());
        Assert.Empty(host.Hidden());
        Assert.Null(Fidelity.Compare(host.At("files"), Path.Join(host.At("late"), Visible(host, "late")[0]), Cancel).Difference);
    }

    [Fact]
    public async Task An_instance_that_comes_when_further_destinations_have_the_slide_already_reaches_all_of_them()
    {
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research"), FileNameTemplate = "{Barcode}", Format = OutputFormat.Dicom } });
        TakeAway(host);
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync([.. files.Take(2)]);
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        await host.SendAndCommitAsync(files);
        var again = await host.UntilAsync(r => r is { Revision: 2, Destinations: [{ State: DestinationState.Verified }] });
        Assert.Null(again.Manifest?.Sha256);
        GiveBack(host);
        var record = await host.UntilAsync(SlideState.Verified, revision: 2);

        Assert.Equal(2 + files.Count, Visible(host, "research").Length);
        Assert.Equal(files.Count, record.Manifest!.Instances.Count);
        Assert.Single(host.Delivered());
        Assert.Empty(host.Hidden());
    }

    [Fact]
    public async Task One_that_is_down_for_days_is_tried_by_one_slide_at_a_time_and_the_others_go_on()
    {
        await using var host = await StartAsync(host => new()
        {
            ["down"] = new() { Location = host.At("down") },
            ["up"] = new() { Location = Folder(host, "up") },
        });
        for (var i = 0; i < 5; i++)
            await host.SendAndCommitAsync(TestSlide.Write(host.At($"files-{i}"), $"S26-{i}"));

        await host.TurnUntilAsync(() => Visible(host, "up").Length == 5 && host.Log.Entries.Any(e => e.Id == 2212));
        for (var hours = 0; hours < 48; hours++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(2, Cancel);
        }

        var tries = host.Log.Entries.Count(e => e.Id == 2211);
        Assert.InRange(tries, CircuitBreaker.FailuresToOpen, CircuitBreaker.FailuresToOpen + 80); // five slides that did not wait for each other would be many more
        Assert.Single(host.Log.Entries, e => e.Id == 2212);

        Folder(host, "down");
        await host.TurnUntilAsync(() => Visible(host, "down").Length == 5 && host.Records().All(r => r.Destinations.All(d => d.IsSettled)));
        Assert.Single(host.Log.Entries, e => e.Id == 2213);
    }

    [Fact]
    public async Task A_name_that_another_slide_has_is_numbered_and_a_copy_that_is_there_already_is_taken_for_ours()
    {
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research"), FileNameTemplate = "{Barcode}" } });
        await File.WriteAllTextAsync(host.At("research/S26-0815.svs"), "somebody else's", Cancel);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var record = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        Assert.Equal("S26-0815_2.svs", record.Destinations[0].Manifest!.Path);
        Assert.Equal(["S26-0815.svs", "S26-0815_2.svs"], Visible(host, "research"));
    }

    [Theory]
    [InlineData(nameof(DestinationState.Delivering))]
    [InlineData(nameof(DestinationState.Delivered))]
    public async Task One_that_was_published_when_the_process_ended_is_known_again(string stateName)
    {
        var state = Enum.Parse<DestinationState>(stateName);
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research") } });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        var verified = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        await host.StopAsync();
        await File.WriteAllBytesAsync(RecordPath(host), verified.With("research", d => d with { State = state }).ToBytes(), Cancel);

        await host.StartAsync();
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        Assert.Single(Visible(host, "research"));
    }

    [Fact]
    public async Task A_slide_that_cannot_go_as_configured_waits_for_a_person_who_may_let_it_go()
    {
        await using var host = await StartAsync(
            host => new() { ["svs"] = new() { Location = Folder(host, "svs") } }, retention: TimeSpan.Zero, format: OutputFormat.Dicom);
        Directory.CreateDirectory(host.At("files"));
        TestInstance[] made = [new TestInstance(32, 16).With(Tags.BitsAllocated, 16), new TestInstance(8, 8, 8, "THUMBNAIL")];
        await host.SendAndCommitAsync([.. made.Select(m => m.Write(host.At($"files/{m.Uid}.dcm")))]);

        var failed = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Failed }]);
        Assert.Contains("(BitsAllocated)", failed.Destinations[0].Reason, StringComparison.Ordinal);
        var listed = Assert.Single(SpoolView.List(host.Options.SpoolFolder));
        Assert.True(listed.CanBeRetried);

        SpoolView.RequestWaiver(host.Options.SpoolFolder, listed, listed.Destinations[0], "Mia\nRoot");
        var purged = await host.UntilAsync(SlideState.Purged);
        Assert.Equal(DestinationState.Waived, purged.Destinations[0].State);
        Assert.Contains(host.Log.Entries, e => e.Id == 2215 && e.Text.Contains("MiaRoot decided", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_person_who_asks_has_it_tried_again_at_once()
    {
        await using var host = await StartAsync(host => new() { ["away"] = new() { Location = host.At("away") } });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.TurnUntilAsync(() => host.Log.Entries.Any(e => e.Id == 2212)); // it is taken to be down, and pauses grow
        for (var i = 0; i < 60; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(2, Cancel);
        }

        Folder(host, "away");
        SpoolView.RequestRetry(host.Options.SpoolFolder, Assert.Single(SpoolView.List(host.Options.SpoolFolder)));

        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified, Setbacks: 0 }]);
        Assert.Contains(host.Log.Entries, e => e.Id == 2303);
    }

    [Fact]
    public async Task An_instance_that_comes_later_makes_a_revision_which_goes_there_as_well()
    {
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research"), FileNameTemplate = "{Barcode}" } });
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync([.. files.Take(2)]);
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        await host.SendAndCommitAsync(files);
        var record = await host.UntilAsync(r => r is { Revision: 2, Destinations: [{ State: DestinationState.Verified }] });

        Assert.Equal(["S26-0815.svs", "S26-0815_2.svs"], Visible(host, "research"));
        Assert.Equal(2, record.Earlier.Count); // where the first revision lies: in the image store, and at the destination
    }

    [Theory]
    [InlineData(OutputFormat.Svs)]
    [InlineData(OutputFormat.Dicom)]
    [InlineData(OutputFormat.DicomTiledFull)]
    public async Task A_research_copy_tells_nowhere_whose_it_is(OutputFormat format)
    {
        await using var host = await StartAsync(host => new()
        {
            ["research"] = new() { Location = Folder(host, "research"), Format = format, Deidentify = true, KeyFile = KeyFile(host), FileNameTemplate = "{Scanner}/{Barcode}_{Date}_{ImageId}_{SeriesUid}" },
        });
        var files = TestSlide.Write(host.At("files"), describe: s => s with { PatientId = "P-4711", PatientName = "MUSTER^MIA" });
        await host.SendAndCommitAsync(files);

        var record = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        string[] identifiers =
        [
            "P-4711", "MUSTER", "S26-0815", "SS12345", "20260301", "03/01/2026", record.Key.Name[..10], record.SeriesInstanceUid, record.StudyInstanceUid, .. files.Select(ConverterHost.UidOf),
        ];
        var visible = Visible(host, "research");
        Assert.NotEmpty(visible);
        foreach (var identifier in identifiers)
        {
            Assert.DoesNotContain(visible, path => path.Contains(identifier, StringComparison.OrdinalIgnoreCase));
            Assert.All(visible, path => Assert.True(File.ReadAllBytes(host.At($"research/{path}")).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(identifier)) < 0, $"{identifier} is in {path}"));
        }

        // Nor do its pseudonyms stand beside the slide's identity anywhere that outlives it: in a log, a sentence for people and SAM, or what is kept of it.
        host.Time.Advance(TimeSpan.FromDays(8));
        await host.UntilAsync(SlideState.Purged);
        var pseudonyms = visible.SelectMany(path => path.Split('/', '_', '.')).Where(part => part.Length >= 10 && part != "svs").Append(record.Destinations[0].Manifest!.Name).Distinct().ToArray();
        Assert.True(pseudonyms.Length >= 3);
        var kept = await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Path.Join(host.Options.SpoolFolder, "done"), "*.json", SearchOption.AllDirectories)), Cancel);
        Assert.Contains(record.SeriesInstanceUid, kept, StringComparison.Ordinal);
        foreach (var pseudonym in pseudonyms)
        {
            Assert.DoesNotContain(host.Log.Lines, line => line.Contains(pseudonym, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(record.Destinations, d => d.Reason.Contains(pseudonym, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(pseudonym, kept, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task An_error_of_the_store_that_names_a_de_identified_copy_is_told_without_the_name()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such links.");
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research"), Deidentify = true, KeyFile = KeyFile(host), FileNameTemplate = "{Barcode}/{ImageId}" } });
        // What the slide's folder would be is a file: publishing fails with an error that names it.
        var pseudonym = Slideport.Slides.Deidentification.DeidentificationKey.Read(host.At("key")).Pseudonym("slide", "S26-0815");
        await File.WriteAllTextAsync(host.At($"research/{pseudonym}"), "in the way", Cancel);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var held = await host.UntilAsync(r => r.Destinations is [{ Setbacks: >= 1, Manifest: not null }]);

        Assert.DoesNotContain(pseudonym, held.Destinations[0].Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(pseudonym, StringComparison.Ordinal));
        Assert.Null(Assert.Single(Assert.Single(SpoolView.List(host.Options.SpoolFolder)).Destinations).DeliveredAs);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_not_used_and_the_slides_wait()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such permissions.");
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research"), Deidentify = true, KeyFile = KeyFile(host) } });
        File.SetUnixFileMode(host.At("key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var waiting = await host.UntilAsync(r => r.Destinations is [{ Setbacks: >= 1 }]);
        Assert.Contains("can be got at by others", waiting.Destinations[0].Reason, StringComparison.Ordinal);
        Assert.Empty(Visible(host, "research"));

        File.SetUnixFileMode(host.At("key"), UnixFileMode.UserRead);
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
    }

    [Fact]
    public async Task A_destination_that_no_setting_names_any_more_keeps_its_slides_and_that_is_told()
    {
        await using var host = await StartAsync(host => new() { ["away"] = new() { Location = host.At("away") } }, retention: TimeSpan.Zero);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.UntilAsync(r => r.Destinations.Count == 1);
        await host.StopAsync();
        host.Options = host.Options with { Destinations = new Dictionary<string, DestinationOptions>() };

        await host.StartAsync();
        Assert.Single(host.Log.Entries, e => e.Id == 2216);

        for (var i = 0; i < 20; i++)
            host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(SlideState.Verified, Assert.Single(host.Records()).State);
        Assert.Contains("No setting names", Assert.Single(Assert.Single(SpoolView.List(host.Options.SpoolFolder)).Destinations).Reason, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(host.Metrics.Watch!.OwedSlides()).Value);

        await host.StopAsync();
        host.Options = host.Options with { Destinations = new Dictionary<string, DestinationOptions> { ["away"] = new() { Location = Folder(host, "away") } } };
        await host.StartAsync();
        await host.UntilAsync(SlideState.Purged);
        Assert.Single(Visible(host, "away"));
    }

    [Fact]
    public async Task Where_there_is_no_room_to_wait_the_alarm_says_that_an_SVS_gives_nothing_back()
    {
        await using var host = await StartAsync(host => new() { ["away"] = new() { Location = host.At("away") } }, retention: TimeSpan.FromDays(1));
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.UntilAsync(r => r.Destinations is [{ Setbacks: > 0 }]);
        await host.StopAsync();
        host.Options = host.Options with { DestinationReservePercent = 10, SpoolReserveBytes = 1L << 60 }; // more than any disk has
        await host.StartAsync();

        // Not while its retention holds it in any case.
        for (var i = 0; i < 30; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, Cancel);
        }

        Assert.DoesNotContain(host.Log.Entries, e => e.Id == 2219);
        host.Time.Advance(TimeSpan.FromDays(1));
        var purged = await host.UntilAsync(SlideState.Purged);
        Assert.Equal(DestinationState.LetGo, Assert.Single(purged.Destinations).State);
        var alarm = Assert.Single(host.Log.Entries, e => e.Id == 2219);
        Assert.Contains("cannot be made again here", alarm.Text, StringComparison.Ordinal);
        Assert.Contains("There is no folder", alarm.Text, StringComparison.Ordinal);

        var letGo = Assert.Single(SpoolView.ListLetGo(host.Options.SpoolFolder));
        SpoolView.RequestResend(host.Options.SpoolFolder, letGo, Assert.Single(letGo.Destinations), "Mia");
        await host.TurnUntilAsync(() => host.Log.Entries.Any(e => e.Id == 2222));
        Assert.Equal(SlideState.Purged, Assert.Single(host.Records()).State);
    }

    [Fact]
    public async Task What_was_decided_once_stays_decided_when_the_rules_change_and_the_slide_is_delivered_once_more()
    {
        await using var host = await StartAsync(host => new() { ["old"] = new() { Location = Folder(host, "old") }, ["away"] = new() { Location = host.At("away") } });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        var decided = await host.UntilAsync(r => r.Destinations.Any(d => d is { Name: "old", State: DestinationState.Verified }) && r.Destinations.Any(d => d is { Name: "away", Setbacks: > 0 }));
        await host.StopAsync();
        await File.WriteAllBytesAsync(RecordPath(host), (decided with { State = SlideState.Delivering }).ToBytes(), Cancel); // as a person's retry leaves it
        host.Options = host.Options with
        {
            Destinations = new Dictionary<string, DestinationOptions>
            {
                ["old"] = new() { Location = host.At("old"), Barcode = "nobody" },
                ["away"] = new() { Location = Folder(host, "away"), Barcode = "nobody" },
                ["new"] = new() { Location = Folder(host, "new") },
            },
        };

        await host.StartAsync();
        var record = await host.UntilAsync(r => r.State == SlideState.Verified && r.Destinations.All(d => d.IsSettled));

        Assert.Equal(["away", "old"], record.Destinations.Select(d => d.Name).Order(StringComparer.Ordinal));
        Assert.Single(Visible(host, "old"));
        Assert.Single(Visible(host, "away"));
        Assert.Empty(Visible(host, "new"));
    }

    [Fact]
    public async Task A_revision_goes_also_where_the_one_before_it_was_still_owed()
    {
        await using var host = await StartAsync(host => new() { ["away"] = new() { Location = host.At("away") } });
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync([.. files.Take(2)]);
        await host.UntilAsync(r => r.Destinations.Count == 1);
        await host.StopAsync();
        host.Options = host.Options with
        {
            Destinations = new Dictionary<string, DestinationOptions> { ["away"] = new() { Location = host.At("away"), Barcode = "nobody" }, ["new"] = new() { Location = Folder(host, "new"), Scanner = "SS.*" } },
        };
        await host.StartAsync();

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(r => r is { Revision: 2, State: SlideState.Verified, Destinations.Count: 2 });
        Folder(host, "away");
        await host.UntilAsync(r => r is { Revision: 2, State: SlideState.Verified, Destinations.Count: 2 } && r.Destinations.All(d => d.State == DestinationState.Verified));

        Assert.NotEmpty(Visible(host, "away"));
        Assert.Single(Visible(host, "new"));
    }

    [Fact]
    public async Task One_that_was_down_is_down_after_a_restart_until_a_slide_has_shown_otherwise()
    {
        await using var host = await StartAsync(host => new() { ["down"] = new() { Location = host.At("down") } });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.TurnUntilAsync(() => host.Log.Entries.Any(e => e.Id == 2212));

        await host.RestartAsync();
        Assert.Equal(1, Assert.Single(host.Metrics.Watch!.DestinationsDown()).Value);

        Folder(host, "down");
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        await host.TurnUntilAsync(() => host.Metrics.Watch!.DestinationsDown().Single().Value == 0);
    }

    [Fact]
    public async Task What_a_destination_waits_for_is_in_no_ones_way_when_the_store_alters_it()
    {
        await using var host = await StartAsync(host => new() { ["research"] = new() { Location = Folder(host, "research") } });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        var verified = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        await host.StopAsync();
        Tests.Spool.SlideSpoolTests.FlipLastByte(host.At($"research/{verified.Destinations[0].Manifest!.Path}"));
        await File.WriteAllBytesAsync(RecordPath(host), verified.With("research", d => d with { State = DestinationState.Delivering }).ToBytes(), Cancel);

        await host.StartAsync();
        var again = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        Assert.Equal(2, Visible(host, "research").Length); // what lies there is somebody's now, and ours beside it
        Assert.NotEqual(verified.Destinations[0].Manifest!.Path, again.Destinations[0].Manifest!.Path);
    }

    private static async Task<ConverterHost> StartAsync(
        Func<ConverterHost, Dictionary<string, DestinationOptions>> destinations, TimeSpan? retention = null, OutputFormat format = OutputFormat.Svs)
    {
        var host = new ConverterHost(new ConverterOptions { Format = format, Retention = retention ?? TimeSpan.FromDays(7) });
        host.Options = host.Options with { Destinations = destinations(host) };
        await host.StartAsync();
        return host;
    }

    private static string Folder(ConverterHost host, string name) => Directory.CreateDirectory(host.At(name)).FullName;

    private static string KeyFile(ConverterHost host)
    {
        File.WriteAllText(host.At("key"), new string('k', 48));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(host.At("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return host.At("key");
    }

    private static string RecordPath(ConverterHost host) => Assert.Single(Directory.GetFiles(host.Options.SpoolFolder, SlideRecord.FileName, SearchOption.AllDirectories));

    private static string[] Visible(ConverterHost host, string name) => Directory.Exists(host.At(name))
        ? [.. Directory.EnumerateFiles(host.At(name), "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(host.At(name), p)).Where(p => !p.StartsWith('.')).Order(StringComparer.Ordinal)]
        : [];

    private static IEnumerable<string> Hidden(ConverterHost host, string name) =>
        Directory.EnumerateFileSystemEntries(host.At(name), ".slideport-*").Where(p => !p.EndsWith("store.json", StringComparison.Ordinal));

    // No slide has been there yet, and the folder is none.
    private static void TakeAway(ConverterHost host) => File.WriteAllText(host.Images, "");

    private static void GiveBack(ConverterHost host) => File.Delete(host.Images);
}
