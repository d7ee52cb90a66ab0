using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class SlideRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "AskedOfSlides",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Converter = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    Slide = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    Action = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    Destination = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true),
                    AskedBy = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    AskedAt = table.Column<long>(type: "bigint", nullable: false),
                    ExpiresAt = table.Column<long>(type: "bigint", nullable: false),
                    AnsweredAt = table.Column<long>(type: "bigint", nullable: true),
                    Result = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    Answer = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AskedOfSlides", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_AskedOfSlides_AskedAt",
                table: "AskedOfSlides",
                column: "AskedAt");

            migrationBuilder.CreateIndex(
                name: "IX_AskedOfSlides_Converter_AnsweredAt",
                table: "AskedOfSlides",
                columns: new[] { "Converter", "AnsweredAt" });

            migrationBuilder.CreateIndex(
                name: "IX_AskedOfSlides_Slide",
                table: "AskedOfSlides",
                column: "Slide");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AskedOfSlides");
        }
    }
}
