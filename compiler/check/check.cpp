#include "check/check.h"

#include "check/data.h"
#include "check/definitions.h"
#include "check/deploy.h"
#include "check/elaborate.h"
#include "check/forms.h"
#include "check/library.h"
#include "check/reporter.h"
#include "check/train.h"
#include "opt/passes.h"
#include "support/text.h"

namespace tdc::check {
namespace {

class FileCheck {
 public:
  FileCheck(SourceFiles& sources, const Selection& selection, Diagnostics& diagnostics)
      : selection_(selection), reporter_(diagnostics), library_(sources, diagnostics, reporter_) {}

  std::optional<Program> run(FileId main) {
    const FileScope* file = library_.load(main);
    if (file == nullptr) return std::nullopt;
    recursive_ = check_definitions(library_.files(), reporter_);
    Elaborator::evaluate_lets(library_.files(), library_, reporter_);
    // Nets and blocks of used files are only looked at when they are used; what the file itself
    // declares is checked whole.
    for (const ast::Declaration& declaration : file->tree.declarations)
      if (const auto* block = std::get_if<ast::Block>(&declaration.kind);
          block != nullptr && block->is_net)
        elaborate(*block, *file);
    for (const ast::Declaration& declaration : file->tree.declarations) check(declaration, *file);
    choose_deployment(*file);
    choose_net(*file);
    if (const schedule::Chip& chip = program_.deployment.chip; !chip.platform.empty())
      check_platform(chip, selection_.platform, reporter_);
    if (reporter_.error_count() > 0) return std::nullopt;
    return std::move(program_);
  }

 private:
  void check_data_block(const ast::Data& data, SourceRange origin, const FileScope& file) {
    const auto net = find_net(data.net, file);
    if (!net) return;
    const auto [first, is_new] = data_origins_.try_emplace(data.net.text, data.net.range);
    if (!is_new) {
      reporter_.report(data.net.range, diag::duplicate_clause, "data for " + data.net.text)
          .note(first->second, diag::note_first_here, data.net.text);
      return;
    }
    const ElaboratedNet& elaborated = elaborate(*net.declaration, *net.file);
    if (!elaborated.is_sound) return;
    if (std::optional<Data> result = check_data(data, origin, elaborated, reporter_))
      data_.emplace(data.net.text, *std::move(result));
  }

  /// The net called `name`; if there is none, says so.
  Found<ast::Block> find_net(const ast::Name& name, const FileScope& file) {
    const auto net = lookup(file, &FileScope::blocks, name.text);
    if (net && net.declaration->is_net) return net;
    std::vector<std::string> nets;
    for (const auto& [each, block] : file.blocks)
      if (block->is_net) nets.push_back(each);
    reporter_.report(name.range, diag::unknown_net, name.text).suggest(nearest(name.text, nets));
    return {};
  }

  const ElaboratedNet& elaborate(const ast::Block& net, const FileScope& file) {
    auto [known, is_new] = nets_.try_emplace(&net);
    if (is_new) {
      known->second.net = &net;
      known->second.file = &file;
      Elaborator(library_, reporter_, recursive_, known->second).run_net();
    }
    return known->second;
  }

  void check(const ast::Declaration& declaration, const FileScope& file) {
    if (const auto* train = std::get_if<ast::Train>(&declaration.kind)) {
      check_train(*train, declaration.range, file);
    } else if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind)) {
      std::optional<Deployment> result = check_deploy(*deploy, declaration.range, file, reporter_);
      if (result && deploy->name.text == deploy_name(file)) program_.deployment = *result;
    } else if (const auto* chip = std::get_if<ast::Chip>(&declaration.kind)) {
      check_chip(*chip, reporter_);
    } else if (const auto* data = std::get_if<ast::Data>(&declaration.kind)) {
      check_data_block(*data, declaration.range, file);
    } else if (const auto* weights = std::get_if<ast::Weights>(&declaration.kind)) {
      if (!weights->map.empty())
        reporter_.report(weights->map.front().range, diag::not_yet, "a map of weight names");
      weights_from_ = weights->file.value;
      weights_origin_ = weights->file.range;
    } else if (std::holds_alternative<ast::Assertion>(declaration.kind)) {
      reporter_.report(declaration.range, diag::assertion_place);
    }
  }

  /// The net of a train block, through those that it extends.
  Found<ast::Block> net_of(const ast::Train& train, const FileScope& file) {
    const ast::Train* base = &train;
    for (size_t i = 0; base->extends && i <= file.trains.size(); ++i) {
      const auto found = lookup(file, &FileScope::trains, base->base.text);
      if (!found) break;
      base = found.declaration;
    }
    if (base->extends) return {};  // `apply_train` says why
    return find_net(base->base, file);
  }

  void check_train(const ast::Train& train, SourceRange origin, const FileScope& file) {
    const int errors = reporter_.error_count();
    const Found<ast::Block> net = net_of(train, file);
    if (!net && reporter_.error_count() != errors) return;
    const bool is_selected =
        selection_.train.empty() ? !has_train_ : train.name.text == selection_.train;
    has_train_ = true;
    // Without a net there is a mistake in the chain of `extends`, which is all that can be said.
    std::optional<TrainedNet> result =
        apply_train(train, origin, file, library_, reporter_, recursive_,
                    net ? elaborate(*net.declaration, *net.file) : ElaboratedNet{.file = &file});
    if (!is_selected || !result) return;
    program_.net = net.declaration->name.text;
    program_.module = std::move(result->module);
    program_.training = std::move(result->training);
    program_.selection = std::move(result->selection);
    program_.adapters = std::move(result->adapters);
    program_.weights_from = std::move(result->weights_from);
    program_.weights_origin = result->weights_origin;
  }

  [[nodiscard]] std::string deploy_name(const FileScope& file) const {
    if (!selection_.deploy.empty()) return selection_.deploy;
    if (selection_.prefers_deploy_of_file)
      for (const ast::Declaration& declaration : file.tree.declarations)
        if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind))
          return deploy->name.text;
    return "host";
  }

  void choose_deployment(const FileScope& file) {
    const std::string name = deploy_name(file);
    if (name == "host" && !file.deploys.contains(name)) {
      program_.deployment = host_deployment();
    } else if (!file.deploys.contains(name)) {
      report_selection(file, diag::no_such_deploy, name, file.deploys);
    }
  }

  void choose_net(const FileScope& file) {
    if (!selection_.train.empty() && !file.trains.contains(selection_.train)) {
      report_selection(file, diag::no_such_train, selection_.train, file.trains);
      return;
    }
    if (file.trains.empty()) {
      for (const ast::Declaration& declaration : file.tree.declarations) {
        const auto* block = std::get_if<ast::Block>(&declaration.kind);
        if (block == nullptr || !block->is_net) continue;
        const ElaboratedNet& net = elaborate(*block, file);
        program_.net = block->name.text;
        if (net.is_sound) program_.module = opt::fold_transpose(net.module);
        break;
      }
    }
    if (program_.net.empty() && reporter_.error_count() == 0)
      reporter_.report({file.tree.file, 0, 0}, diag::no_net);
    program_.prefix = selection_.prefix.empty() ? snake_case(program_.net) : selection_.prefix;
    if (program_.weights_from.empty()) {
      program_.weights_from = weights_from_;
      program_.weights_origin = weights_origin_;
    }
    if (const auto data = data_.find(program_.net); data != data_.end())
      program_.data = std::move(data->second);
  }

  template <typename Entry, typename Map>
  void report_selection(const FileScope& file, const Entry& entry, const std::string& name,
                        const Map& declared) {
    std::vector<std::string> names;
    for (const auto& [each, declaration] : declared) names.push_back(each);
    reporter_.report({file.tree.file, 0, 0}, entry, name).suggest(nearest(name, names));
  }

  const Selection& selection_;
  Reporter reporter_;
  Library library_;
  std::set<const ast::Block*> recursive_;
  std::map<const ast::Block*, ElaboratedNet> nets_;
  Program program_;
  std::string weights_from_;          // of the file, for nets whose `train` block says nothing
  SourceRange weights_origin_;        // its place
  std::map<std::string, Data> data_;  // by net
  std::map<std::string, SourceRange> data_origins_;  // the net's name in its first `data` block
  bool has_train_ = false;
};

}  // namespace

std::optional<Program> check(SourceFiles& sources, FileId main, const Selection& selection,
                             Diagnostics& diagnostics) {
  return FileCheck(sources, selection, diagnostics).run(main);
}

}  // namespace tdc::check
